/**
 * Writes the JSON Schemas in media/schema from the zod schemas: of the experiment file, by which editors complete and
 * validate it, and of a line of metrics.jsonl, to which the Python package is held.
 * `--check` only says whether the committed files are up to date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);

async function schemas() {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { experimentSchema } from './src/experiment/schema.ts';
        export { metricsSchema } from './src/runs/protocol/schema.ts';
        export { DEVICE_METRICS } from './src/runs/metrics/metrics.ts';
        export { z } from 'zod';`,
      resolveDir: root.pathname,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    // A module that is loaded from memory can require nothing; this form of the library needs nothing.
    alias: { '@vscode/l10n': '@vscode/l10n/dist/browser.js' },
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const source = Buffer.from(outputFiles[0].contents).toString('base64');
  const { experimentSchema, metricsSchema, DEVICE_METRICS, z } = await import(
    `data:text/javascript;base64,${source}`
  );
  const experiment = z.toJSONSchema(experimentSchema, { io: 'input', target: 'draft-7' });
  const metrics = z.toJSONSchema(metricsSchema, { io: 'input', target: 'draft-7' });
  const devices = Object.entries(DEVICE_METRICS).map(([pattern, { help }]) => [
    `^${pattern.replace('*', '\\d+')}$`,
    { description: help, type: 'number' },
  ]);
  return {
    // Editors read "allowComments" and friends as hints; comments are a part of this format.
    experiment: { ...experiment, allowComments: true, allowTrailingCommas: true },
    metrics: { ...metrics, patternProperties: Object.fromEntries(devices) },
  };
}

for (const [name, schema] of Object.entries(await schemas())) {
  const target = new URL(`media/schema/${name}.schema.json`, root);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (!process.argv.includes('--check')) await writeFile(target, text);
  else if ((await readFile(target, 'utf8').catch(() => '')) !== text) {
    console.error(`media/schema/${name}.schema.json is out of date: run node scripts/schema.mjs`);
    process.exitCode = 1;
  }
}
