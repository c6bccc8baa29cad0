/**
 * Writes the JSON Schemas in media/schema from the zod schemas: of the experiment file and the study file, by which
 * editors complete and validate them, and of a line of metrics.jsonl, to which the Python package is held.
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
        export { studySchema } from './src/studies/plan/schema.ts';
        export { metricsSchema } from './src/runs/protocol/schema.ts';
        export { DEVICE_METRICS, REWARD_METRICS } from './src/runs/metrics/metrics.ts';
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
  const { experimentSchema, studySchema, metricsSchema, DEVICE_METRICS, REWARD_METRICS, z } = await import(
    `data:text/javascript;base64,${source}`
  );
  const experiment = describedFields(z.toJSONSchema(experimentSchema, { io: 'input', target: 'draft-7' }));
  delete experiment.properties.$schema;
  const study = describedFields(z.toJSONSchema(studySchema, { io: 'input', target: 'draft-7' }));
  delete study.properties.$schema;
  const metrics = z.toJSONSchema(metricsSchema, { io: 'input', target: 'draft-7' });
  const devices = Object.entries(DEVICE_METRICS).map(([pattern, { help }]) => [
    `^${pattern.replace('*', '\\d+')}$`,
    { description: help, type: 'number' },
  ]);
  const rewards = Object.entries(REWARD_METRICS).map(([pattern, { help }]) => [
    `^${pattern.replace('*', '[A-Za-z][A-Za-z0-9_-]*')}$`,
    { description: help, type: 'number' },
  ]);
  return {
    experiment: forEditors(experiment),
    study: forEditors(study),
    metrics: { ...metrics, patternProperties: Object.fromEntries([...devices, ...rewards]) },
  };
}

/** Completions and hovers. A condition alone asserts nothing: what is wrong with a file is said by G2RL Lab, and once. */
const forEditors = (schema) => ({
  $schema: schema.$schema,
  $comment:
    'For completions and hovers. A condition alone asserts nothing: what is wrong with a file is said by G2RL Lab, and once.',
  // Comments are a part of this format.
  allowComments: true,
  allowTrailingCommas: true,
  if: schema,
});

/** What an editor shows of a field: the description with its default and bounds, which it does not show by itself. */
function describedFields(schema) {
  for (const inner of Object.values(schema.properties ?? {})) describedFields(inner);
  if (schema.items) describedFields(schema.items);
  if (schema.description === undefined) return schema;
  const code = (value) => `\`${JSON.stringify(value)}\``;
  const { enum: values, default: standard } = schema;
  const facts = [
    ...(standard === undefined || typeof standard === 'object' ? [] : [`Default: ${code(standard)}`]),
    ...(Array.isArray(standard) ? [`Default: ${code(standard)}`] : []),
    ...(values ? [`One of ${values.map(code).join(', ')}`] : []),
    ...boundsOf(schema),
  ];
  if (facts.length > 0) schema.markdownDescription = `${schema.description}\n\n${facts.join('  \n')}`;
  return schema;
}

/** As a sentence; a bound that only the number format sets is none. */
function boundsOf({ type, minimum, exclusiveMinimum, maximum, exclusiveMaximum }) {
  if (type !== 'number' && type !== 'integer') return [];
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`greater than ${exclusiveMinimum}`]),
    ...(most === undefined ? [] : [`at most ${most.toLocaleString('en')}`]),
    ...(exclusiveMaximum === undefined ? [] : [`less than ${exclusiveMaximum}`]),
  ];
  const kind = type === 'integer' ? 'A whole number' : 'A number';
  return [bounds.length > 0 ? `${kind}, ${bounds.join(', ')}` : kind];
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
