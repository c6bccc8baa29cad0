import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the committed JSON Schema is that of the zod schema', () => {
  execFileSync(process.execPath, ['scripts/schema.mjs', '--check'], { stdio: 'pipe' });
  const schema = JSON.parse(readFileSync('media/schema/experiment.schema.json', 'utf8')) as {
    additionalProperties: boolean;
    properties: Record<string, { properties?: Record<string, { default?: unknown; description?: string }> }>;
  };
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.optimization?.properties?.learningRate).toMatchObject({ default: 1e-4 });
});
