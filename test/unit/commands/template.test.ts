import { readFileSync } from 'node:fs';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { experimentFromTemplate } from '../../../src/commands/template.js';
import { experimentSchema } from '../../../src/experiment/schema.js';

describe('the experiment that New Experiment writes', () => {
  const template = readFileSync('media/experiments/countdown.g2rl.json', 'utf8');
  const text = experimentFromTemplate(template);

  it('keeps the comments and loses only the path of the schema', () => {
    const { $schema, ...rest } = parse(template);
    expect($schema).toBeDefined();
    expect(parse(text)).toEqual(rest);
    const comments = (source: string) => source.match(/\/\/.*$/gm) ?? [];
    expect(comments(text).length).toBeGreaterThan(3);
    expect(comments(text)).toEqual(comments(template));
  });

  it('is a valid experiment', () => {
    expect(experimentSchema.safeParse(parse(text)).error).toBeUndefined();
  });
});
