/**
 * The virtual environment for the tests of the torch engine: made by `g2rl setup`, as a user's is, in a cache of the
 * user, one for each list of requirements. Prints its interpreter.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDebianPackages } from './lib/debian.mjs';
import { root } from './lib/paths.mjs';
import { must } from './lib/run.mjs';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'g2rl-lab');
/** Only the tests need these. */
const tools = ['pytest>=8', 'ruff>=0.14', 'mypy>=1.18', 'deepspeed>=0.19'];

/** Makes sure that it is there. @returns {Promise<string>} the interpreter */
export async function installTorch() {
  await ensureDebianPackages({ python: true });
  if (process.env.G2RL_PYTHON) return process.env.G2RL_PYTHON;
  const requirements = readFileSync(join(root, 'src/torch/requirements.txt'));
  const key = createHash('sha256').update(requirements).update(tools.join()).digest('hex').slice(0, 12);
  const environment = join(cache, `torch-${key}`);
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(python) && existsSync(join(environment, 'complete'))) return python;
  await must('node', ['dist/cli.cjs', 'setup', '--install', '--cpu', '--environment', environment]);
  await must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...tools], {
    // DeepSpeed compiles what it needs when it is used.
    env: { DS_BUILD_OPS: '0' },
  });
  await must(python, ['-c', `open(r"${join(environment, 'complete')}", "w").close()`]);
  return python;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await installTorch());
