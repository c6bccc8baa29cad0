/**
 * The packaged extension in real VS Code: `npm run workbench [-- vitest arguments]` tests it, and
 * `node scripts/workbench.mjs --bench` measures it and prints one line of JSON last. Installs the workbench when it
 * is missing, and packages unless `G2RL_VSIX` names a package.
 */
import { bundle } from './bench/programs.mjs';
import { run } from './lib/run.mjs';
import { packageExtension, workbenchEnvironment } from './workbench/prepare.mjs';

const args = process.argv.slice(2);
const env = await workbenchEnvironment(process.env.G2RL_VSIX || (await packageExtension()));
process.exitCode = args.includes('--bench')
  ? await run('node', [await bundle('workbench')], { env })
  : await run('vitest', ['run', '--project', 'workbench', ...args], { env });
