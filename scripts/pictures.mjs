/**
 * Makes the pictures of the walkthrough, media/walkthrough/*.webp, from a real run in the
 * real editor: `node scripts/pictures.mjs`. Takes a few minutes; `G2RL_VSIX` names a package that exists already.
 * `node scripts/pictures.mjs <folder> <study> <name>` makes those of a study that was run in that folder.
 */
import { bundleProgram } from './lib/bundle-program.mjs';
import { must } from './lib/run.mjs';
import { packageExtension, workbenchEnvironment } from './workbench/prepare.mjs';

const env = await workbenchEnvironment(process.env.G2RL_VSIX || (await packageExtension()));
const ofStudy = process.argv.slice(2);
const program = ofStudy.length > 0 ? 'study-pictures' : 'pictures';
await must('node', [await bundleProgram(`test/workbench/${program}.ts`, `${program}.mjs`), ...ofStudy], {
  env,
});
