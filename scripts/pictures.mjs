/**
 * Makes the pictures of the walkthrough, media/walkthrough/*.webp, from a real run in the
 * real editor: `node scripts/pictures.mjs`. Takes a few minutes; `G2RL_VSIX` names a package that exists already.
 * `node scripts/pictures.mjs <folder> <study> <name>` makes those of a study that was run in that folder, and
 * `node scripts/pictures.mjs <folder> <run>` the README's of a run.
 */
import { bundleProgram } from './lib/bundle-program.mjs';
import { must } from './lib/run.mjs';
import { packageExtension, workbenchEnvironment } from './workbench/prepare.mjs';

const env = await workbenchEnvironment(process.env.G2RL_VSIX || (await packageExtension()));
const given = process.argv.slice(2);
const program = ['pictures', 'run-pictures', 'run-pictures'][given.length] ?? 'study-pictures';
await must('node', [await bundleProgram(`test/workbench/${program}.ts`, `${program}.mjs`), ...given], {
  env,
});
