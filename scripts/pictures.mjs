/**
 * Makes the pictures of the walkthrough, media/walkthrough/*.webp, from a real run in the
 * real editor: `node scripts/pictures.mjs`. Takes a few minutes; `G2RL_VSIX` names a package that exists already.
 */
import { bundleProgram } from './lib/bundle-program.mjs';
import { must } from './lib/run.mjs';
import { packageExtension, workbenchEnvironment } from './workbench/prepare.mjs';

const env = await workbenchEnvironment(process.env.G2RL_VSIX || (await packageExtension()));
await must('node', [await bundleProgram('test/workbench/pictures.ts', 'pictures.mjs')], { env });
