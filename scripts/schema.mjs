/**
 * Writes the JSON Schema of the experiment file, by which editors complete and validate it, from its zod schema.
 * `--check` only says whether the committed file is up to date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const target = new URL('../media/schema/experiment.schema.json', import.meta.url);

export async function experimentJsonSchema() {
  const { outputFiles } = await build({
    stdin: {
      contents: "export { experimentSchema } from './src/experiment/schema.ts'; export { z } from 'zod';",
      resolveDir: new URL('..', import.meta.url).pathname,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const source = Buffer.from(outputFiles[0].contents).toString('base64');
  const { experimentSchema, z } = await import(`data:text/javascript;base64,${source}`);
  const schema = z.toJSONSchema(experimentSchema, { io: 'input', target: 'draft-7' });
  // Editors read "allowComments" and friends as hints; comments are a part of this format.
  return `${JSON.stringify({ ...schema, allowComments: true, allowTrailingCommas: true }, null, 2)}\n`;
}

if (
  process.argv[1] &&
  import.meta.url.endsWith('/scripts/schema.mjs') &&
  process.argv[1].endsWith('schema.mjs')
) {
  const text = await experimentJsonSchema();
  if (process.argv.includes('--check')) {
    const committed = await readFile(target, 'utf8').catch(() => '');
    if (committed !== text) {
      console.error('media/schema/experiment.schema.json is out of date: run node scripts/schema.mjs');
      process.exitCode = 1;
    }
  } else {
    await writeFile(target, text);
  }
}
