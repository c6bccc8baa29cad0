/**
 * All tests, from a clean checkout after `npm ci`: `npm test [-- part …]`. Parts: check, workbench, webgpu, unit,
 * components, integration, torch, package; and vllm and verl, which run only when they are named, for they take
 * environments of 3.7 and 2 GB.
 * Two run side by side, beside what prepares the others; a part that is named alone has the machine for itself.
 * A part that fails does not keep others from running. The last line is the count.
 *
 * The tests of the torch engine run in an environment that `g2rl setup` makes, or in that of `G2RL_PYTHON`.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checks } from './check.mjs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { cache, root } from './lib/paths.mjs';
import { must, run } from './lib/run.mjs';
import { runSteps, stepTable } from './lib/steps.mjs';
import { add, emptyTally, finalLine, readJunit, readReport, single } from './lib/tally.mjs';
import { installTorch, installVerl, installVllm } from './torch.mjs';
import { installWorkbench, workbenchPackages } from './workbench/install.mjs';
import { packageExtension, workbenchEnvironment } from './workbench/prepare.mjs';

const reports = join(cache, 'reports');

/**
 * Runs one project of vitest.config.ts, beside another step one file at a time.
 * @param {{ env?: Record<string, string>, workers?: string[] }} [options]
 */
async function vitest(project, { env = {}, workers = width > 1 ? ['--no-file-parallelism'] : [] } = {}) {
  const report = join(reports, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run('vitest', ['run', '--project', project, ...reporters, ...workers], { env });
  return readReport(project, report, code);
}

/** Each counts as one test. */
async function check() {
  const tally = emptyTally();
  for (const [name, ...args] of checks) {
    add(tally, single(`check: ${name} ${args.join(' ')}`, (await run(name, args)) === 0));
  }
  return tally;
}

/** Style, types and behaviour of the Python package. */
async function torch(python) {
  const tally = emptyTally();
  const configuration = 'src/torch/pyproject.toml';
  for (const [name, ...args] of [
    ['ruff', 'check', 'src/torch', 'test/python', 'test/bench'],
    ['mypy', '--config-file', configuration, 'src/torch/g2rl_torch'],
  ]) {
    add(tally, single(`torch: ${name}`, (await run(python, ['-m', name, ...args])) === 0));
  }
  // A checkpoint of the embedded engine is what the first one looks at: the integration tests make it and call it.
  const others = ['test/python/test_checkpoint.py', realVllm, realVerl].map((path) => `--ignore=${path}`);
  const together = ['-n', '2', '--dist', 'worksteal'];
  add(tally, await pytest('torch', python, [...together, ...others, 'test/python']));
  return tally;
}

const realVllm = 'test/python/real_vllm';
const realVerl = 'test/python/real_verl';

async function pytest(name, python, what) {
  const report = join(reports, `${name}.xml`);
  const code = await run(python, ['-m', 'pytest', '--quiet', `--junitxml=${report}`, ...what], {
    env: { PYTHONPATH: join(root, 'src/torch'), HF_HUB_OFFLINE: '1' },
  });
  return readJunit(name, report, code);
}

/** What the preparations have made. */
let vsix;
let python;

const debian = 'Debian packages';

/**
 * What the parts need, each run only when a part that is run needs it; `debian` says what for.
 * Of the steps that can begin the first in these lists does: the longer others wait for it, the further up.
 */
const preparations = [
  { name: debian, work: async () => ensureDebianPackages(await neededPackages()) },
  {
    name: 'extension',
    work: async () => {
      vsix = process.env.G2RL_VSIX || (await packageExtension());
    },
  },
  // It goes where the extension is built, too, and is what stays.
  { name: 'build', after: ['extension'], work: () => must('npm', ['run', '--silent', 'build']) },
  {
    name: 'torch environment',
    needs: [debian, 'build'],
    debian: () => ({ python: true }),
    work: async () => {
      python = await installTorch();
    },
  },
  {
    name: 'code-server',
    needs: [debian],
    debian: workbenchPackages,
    work: async () => {
      await installWorkbench();
    },
  },
];

/**
 * The order in which they begin. The workbench is the longest, and waits for a window as long as people would: beside it
 * are parts of one process. Those of several come last, where each takes the core that the other leaves.
 */
const parts = [
  { name: 'check', work: check },
  {
    name: 'workbench',
    needs: ['extension', 'code-server', 'torch environment'],
    work: async () =>
      vitest('workbench', { env: { ...(await workbenchEnvironment(vsix)), G2RL_PYTHON: python } }),
  },
  {
    name: 'webgpu',
    needs: [debian],
    debian: () => ({ browser: true }),
    work: () => vitest('webgpu', { env: { G2RL_ALL_TESTS: '1' } }),
  },
  { name: 'unit', work: () => vitest('unit') },
  {
    name: 'components',
    needs: [debian],
    debian: () => ({ browser: true }),
    work: () => vitest('components'),
  },
  {
    name: 'integration',
    needs: [debian, 'build', 'torch environment'],
    debian: () => ({ clock: true }),
    work: () => vitest('integration', { env: { G2RL_PYTHON: python }, workers: [] }),
  },
  { name: 'torch', needs: ['torch environment'], work: () => torch(python) },
  { name: 'package', needs: ['extension'], work: () => vitest('package', { env: { G2RL_VSIX: vsix } }) },
];

/** Only when they are named. */
const further = [
  {
    name: 'vllm',
    needs: [debian, 'build'],
    debian: () => ({ python: true }),
    work: async () => pytest('vllm', await installVllm(), [realVllm]),
  },
  {
    name: 'verl',
    needs: [debian, 'build'],
    debian: () => ({ python: true }),
    work: async () => pytest('verl', await installVerl(), [realVerl]),
  },
];

const named = process.argv.slice(2);
const known = [...parts, ...further];
const unknown = named.filter((name) => !known.some((part) => part.name === name));
if (unknown.length > 0) {
  const names = known.map(({ name }) => name).join(', ');
  console.error(`There is no part "${unknown[0]}". Parts: ${names}.`);
  process.exit(2);
}

const chosen = named.length > 0 ? known.filter(({ name }) => named.includes(name)) : parts;
const width = chosen.length > 1 ? Math.min(2, availableParallelism()) : 1;
const steps = [...preparations, ...chosen].filter(({ name }) => isNeeded(name));

/** Whether it is to be run, itself or for another. */
function isNeeded(name) {
  if (chosen.some((part) => part.name === name)) return true;
  return [...preparations, ...chosen].some((step) => step.needs?.includes(name) && isNeeded(step.name));
}

async function neededPackages() {
  const needed = {};
  for (const step of steps) {
    for (const [purpose, isOf] of Object.entries((await step.debian?.()) ?? {})) needed[purpose] ||= isOf;
  }
  return needed;
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const begun = performance.now();
const ended = await runSteps(steps, width);
const total = emptyTally();
for (const { tally } of ended) add(total, tally);

for (const [title, lines] of [
  ['Skipped', total.skips],
  ['Failed', total.failures],
]) {
  if (lines.length > 0) console.log(`\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}
const seconds = (performance.now() - begun) / 1000;
console.log(`\n${stepTable(ended)}\n\n${seconds.toFixed(0)} s, ${width} at once\n${finalLine(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;
