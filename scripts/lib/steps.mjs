/** Steps of a test run side by side, each as soon as what it needs is there. */
import { keepOutput, print } from './output.mjs';
import { emptyTally, single } from './tally.mjs';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Promise<import('./tally.mjs').Tally | undefined>} work Without a tally it has prepared something.
 * @property {readonly string[]} [needs] Steps that must have done their work.
 * @property {readonly string[]} [after] Steps that must be over, whatever became of them.
 *
 * @typedef {object} Ended
 * @property {string} name
 * @property {import('./tally.mjs').Tally} tally A step that throws or never starts is one failure, with its reason.
 * @property {boolean} usable Whether it did its work, for those that need it.
 * @property {number} seconds
 */

/**
 * Runs all steps, at most `width` at once; of those that could begin, the first in the list does. With more than one
 * at once each step's output comes as a whole when it has ended.
 * @param {readonly Step[]} steps What they need and is not in the list is ignored.
 * @param {number} width
 * @returns {Promise<Ended[]>} in the order of the list
 */
export async function runSteps(steps, width) {
  /** @type {Map<string, Ended>} */
  const ended = new Map();
  const names = new Set(steps.map(({ name }) => name));
  const running = new Map();
  const waiting = [...steps];
  const isOver = (name) => ended.has(name) || !names.has(name);
  const canBegin = ({ needs = [], after = [] }) => [...needs, ...after].every(isOver);

  while (waiting.length + running.size > 0) {
    const next = waiting.findIndex(canBegin);
    if (running.size < width && next >= 0) {
      const [step] = waiting.splice(next, 1);
      running.set(step.name, perform(step, ended, width > 1));
      continue;
    }
    if (running.size === 0) throw new Error(`Steps wait for each other: ${waiting.map(({ name }) => name)}.`);
    const end = await Promise.race(running.values());
    running.delete(end.name);
    ended.set(end.name, end);
  }
  return steps.map(({ name }) => ended.get(name));
}

/** @returns {Promise<Ended>} */
async function perform(step, ended, keep) {
  const { name, needs = [] } = step;
  const missing = needs.find((other) => ended.get(other)?.usable === false);
  const begun = performance.now();
  const end = { name, tally: emptyTally(), usable: true, seconds: 0 };
  const work = async () => {
    try {
      if (missing !== undefined) throw new Error(`"${missing}" failed, which it needs.`);
      const tally = await step.work();
      if (tally) end.tally = tally;
    } catch (error) {
      print(`${error.message}\n`);
      end.tally = single(`${name}: ${error.message}`, false);
      end.usable = false;
    }
    end.seconds = (performance.now() - begun) / 1000;
  };
  if (keep) {
    print(`… ${name}\n`);
    const text = await keepOutput(work);
    print(`\n── ${name}: ${result(end)} ──\n${text}`);
  } else {
    print(`\n── ${name} ──\n`);
    await work();
  }
  return end;
}

const result = ({ tally, seconds }) => `${tally.failed === 0 ? 'done' : 'FAILED'} in ${seconds.toFixed(0)} s`;

/** The table of what each step has given and how long it took. @param {readonly Ended[]} steps */
export function stepTable(steps) {
  const counts = ({ tally }) =>
    [tally.passed, tally.failed, tally.skipped].map((count) => String(count || '–'));
  const rows = [
    ['part', 'passed', 'failed', 'skipped', 'seconds'],
    ...steps.map((step) => [step.name, ...counts(step), step.seconds.toFixed(1)]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]));
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
}
