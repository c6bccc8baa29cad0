/** All that the workbench tests and the workbench bench need, as environment variables for them. */
import { join } from 'node:path';
import { cache } from '../lib/paths.mjs';
import { must } from '../lib/run.mjs';
import { hostTarget } from '../lib/runtime.mjs';
import { installWorkbench } from './install.mjs';

/** Packages the extension for this machine. @returns {Promise<string>} Path of the package. */
export async function packageExtension() {
  const file = join(cache, `g2rl-lab-${hostTarget}.vsix`);
  await must('node', ['scripts/package.mjs', '--out', file]);
  return file;
}

/**
 * Installs the editor and the browser when they are missing. Throws with what is missing and the command to run
 * when that cannot be done.
 * @param {string} vsix The package to test.
 */
export async function workbenchEnvironment(vsix) {
  const { node, server, browser } = await installWorkbench();
  return {
    G2RL_VSIX: vsix,
    G2RL_WORKBENCH_NODE: node,
    G2RL_WORKBENCH_SERVER: server,
    G2RL_WORKBENCH_BROWSER: browser,
  };
}
