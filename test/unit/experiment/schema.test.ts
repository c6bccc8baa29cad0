import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface ExperimentSchema {
  if: {
    additionalProperties: boolean;
    properties: Record<string, { properties?: Record<string, { default?: unknown; description?: string }> }>;
  };
}

const readSchema = (): ExperimentSchema =>
  JSON.parse(readFileSync('media/schema/experiment.schema.json', 'utf8')) as ExperimentSchema;

test('the committed JSON Schema is that of the zod schema', () => {
  execFileSync(process.execPath, ['scripts/schema.mjs', '--check'], { stdio: 'pipe' });
  const { if: schema, ...rest } = readSchema();
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.optimization?.properties?.learningRate).toMatchObject({
    default: 1e-4,
    markdownDescription: 'Peak learning rate of AdamW.\n\nDefault: `0.0001`  \nA number, greater than 0',
  });
  // A condition without consequences: the checks are our own, and nothing is said twice.
  expect(Object.keys(rest).sort()).toEqual(['$comment', '$schema', 'allowComments', 'allowTrailingCommas']);
  expect(schema.properties).not.toHaveProperty('$schema');
});
