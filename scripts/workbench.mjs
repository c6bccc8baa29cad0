/**
 * Tests the packaged extension in real VS Code: `npm run workbench [-- vitest arguments]`. Installs the workbench
 * when missing, packages when `G2RL_VSIX` does not name a package, and runs the vitest project `workbench`.
 */
import { join } from 'node:path';
import { cache } from './lib/paths.mjs';
import { must, run } from './lib/run.mjs';
import { hostTarget } from './lib/runtime.mjs';
import { installWorkbench } from './workbench/install.mjs';

const workbench = await installWorkbench();
let vsix = process.env.G2RL_VSIX;
if (!vsix) {
  vsix = join(cache, `g2rl-lab-${hostTarget}.vsix`);
  await must('node', ['scripts/package.mjs', '--out', vsix]);
}
process.exitCode = await run('vitest', ['run', '--project', 'workbench', ...process.argv.slice(2)], {
  env: {
    G2RL_VSIX: vsix,
    G2RL_WORKBENCH_NODE: workbench.node,
    G2RL_WORKBENCH_SERVER: workbench.server,
    G2RL_WORKBENCH_BROWSER: workbench.browser,
  },
});
