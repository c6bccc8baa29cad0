/**
 * Every figure of speed and memory, with what it is measured against: `npm run bench [-- part …]`.
 * Parts: compare, device, engine, memory, large-model, long-run, table, trl, verify, workbench.
 *
 *   --json            one JSON object on standard output, progress on standard error
 *   --rounds <n>      alternated rounds of each comparison (default 9)
 *   --policy <path>   a policy folder instead of the shipped one
 *   --threads <n>     threads of both engines (default: one a core)
 *   --limit <s>       seconds for the part `device` (default 600)
 *
 * Figures are medians of alternated rounds (A, B, A, B, …) and only as good as the machine is quiet: nothing else
 * should run. `G2RL_PYTHON` names a Python with torch, transformers, trl, math-verify and tensorboard for the
 * comparisons; without one they are left out, with the reason.
 */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compareFigures } from './bench/compare.mjs';
import { deviceFigures } from './bench/device.mjs';
import { engineFigures } from './bench/engine.mjs';
import { figureLine } from './bench/figures.mjs';
import { largeModelFigures } from './bench/large-model.mjs';
import { longRunFigures } from './bench/long-run.mjs';
import { memoryFigures } from './bench/memory.mjs';
import { tableFigures } from './bench/table.mjs';
import { trlFigures } from './bench/trl.mjs';
import { verifyFigures } from './bench/verify.mjs';
import { workbenchFigures } from './bench/workbench.mjs';
import { root } from './lib/paths.mjs';
import { capture } from './lib/run.mjs';

const parts = {
  compare: compareFigures,
  device: deviceFigures,
  engine: engineFigures,
  memory: memoryFigures,
  'large-model': largeModelFigures,
  'long-run': longRunFigures,
  table: tableFigures,
  trl: trlFigures,
  verify: verifyFigures,
  workbench: workbenchFigures,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    policy: { type: 'string', default: 'media/policies/countdown' },
    threads: { type: 'string', default: String(availableParallelism()) },
    limit: { type: 'string', default: '600' },
  },
});
const unknown = positionals.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}". Parts: ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}
const settings = {
  rounds: Number(values.rounds),
  threads: Number(values.threads),
  limit: Number(values.limit),
  policy: resolve(root, values.policy),
};
for (const name of ['rounds', 'threads', 'limit']) {
  if (Number.isInteger(settings[name]) && settings[name] > 0) continue;
  console.error(`--${name} is "${values[name]}"; it must be a whole number from 1.`);
  process.exit(2);
}

/** What `--json` leaves to people who watch. */
const say = (line) => (values.json ? console.error(line) : console.log(line));

const processors = cpus();
const machine = {
  processor: processors[0]?.model.trim() ?? 'unknown processor',
  cores: processors.length,
  memoryBytes: totalmem(),
  platform: `${process.platform}-${process.arch}`,
  node: process.versions.node,
};
say(
  `${machine.processor}, ${machine.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB, ${machine.platform}, Node ${machine.node}`,
);

const build = await capture('npm', ['run', '--silent', 'build']);
if (build.code !== 0) {
  console.error(build.output);
  process.exit(1);
}

const figures = [];
const missing = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  say(`\n── ${name} ──`);
  try {
    for (const figure of await parts[name](settings)) {
      figures.push({ part: name, ...figure });
      say(figureLine(figure));
    }
  } catch (error) {
    missing.push({ part: name, reason: error.message });
    say(`not measured: ${error.message}`);
  }
}
if (values.json) console.log(JSON.stringify({ machine, settings, figures, missing }));
