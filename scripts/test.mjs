/**
 * All tests, from a clean checkout after `npm ci`: `npm test [-- part …]`. Parts: check, unit, components, integration,
 * torch, package, workbench; and vllm, which runs only when it is named, for it takes an environment of 3.7 GB.
 * A part that fails does not keep the next ones from running. The last line is the count.
 *
 * The tests of the torch engine run in an environment that `g2rl setup` makes, or in that of `G2RL_PYTHON`.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checks } from './check.mjs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { cache, root } from './lib/paths.mjs';
import { must, run } from './lib/run.mjs';
import { add, emptyTally, finalLine, readJunit, readReport, single } from './lib/tally.mjs';
import { installTorch, installVllm } from './torch.mjs';
import { packageExtension, workbenchEnvironment } from './workbench/prepare.mjs';

const reports = join(cache, 'reports');

/** Runs one project of vitest.config.ts. */
async function vitest(project, env = {}) {
  const report = join(reports, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run('vitest', ['run', '--project', project, ...reporters], { env });
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
  const others = ['--ignore=test/python/test_checkpoint.py', `--ignore=${realVllm}`];
  const together = ['-n', '2', '--dist', 'worksteal'];
  add(tally, await pytest('torch', python, [...together, ...others, 'test/python']));
  return tally;
}

const realVllm = 'test/python/real_vllm';

async function pytest(name, python, what) {
  const report = join(reports, `${name}.xml`);
  const code = await run(python, ['-m', 'pytest', '--quiet', `--junitxml=${report}`, ...what], {
    env: { PYTHONPATH: join(root, 'src/torch'), HF_HUB_OFFLINE: '1' },
  });
  return readJunit(name, report, code);
}

let packaged = null;
/** The package is made once, for both parts that look at it. */
function vsix() {
  packaged ??= process.env.G2RL_VSIX ? Promise.resolve(process.env.G2RL_VSIX) : packageExtension();
  return packaged;
}

const parts = {
  check,
  unit: () => vitest('unit'),
  components: async () => {
    await ensureDebianPackages({ browser: true });
    return vitest('components');
  },
  integration: async () => vitest('integration', { G2RL_PYTHON: await installTorch() }),
  torch: async () => torch(await installTorch()),
  package: async () => vitest('package', { G2RL_VSIX: await vsix() }),
  workbench: async () =>
    vitest('workbench', {
      ...(await workbenchEnvironment(await vsix())),
      G2RL_PYTHON: await installTorch(),
    }),
};

/** Only when they are named. */
const further = { vllm: async () => pytest('vllm', await installVllm(), [realVllm]) };

const chosen = process.argv.slice(2);
const known = { ...parts, ...further };
const unknown = chosen.filter((name) => !Object.hasOwn(known, name));
if (unknown.length > 0) {
  console.error(`There is no part "${unknown[0]}". Parts: ${Object.keys(known).join(', ')}.`);
  process.exit(2);
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const total = emptyTally();

/** Counts what `part` gives; what it throws is one failure, with its reason. */
async function count(name, part) {
  console.log(`\n── ${name} ──`);
  try {
    add(total, await part());
  } catch (error) {
    console.error(error.message);
    add(total, single(`${name}: ${error.message}`, false));
  }
}

await count('build', async () => {
  await must('npm', ['run', '--silent', 'build']);
  return emptyTally();
});
for (const name of chosen.length > 0 ? chosen : Object.keys(parts)) await count(name, known[name]);

for (const [title, lines] of [
  ['Skipped', total.skips],
  ['Failed', total.failures],
]) {
  if (lines.length > 0) console.log(`\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}
console.log(`\n${finalLine(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;
