/** One measured figure, and how it is reported. */

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {number} value
 * @property {string} unit A key of `units`.
 * @property {{ name: string, value: number }} [reference] What it is measured against, in the same unit.
 * @property {number} [ratio] Of the two, as the goal takes it; the median of the rounds' own ratios.
 * @property {{ atLeast?: number, atMost?: number, of: 'value' | 'ratio' }} [goal]
 * @property {boolean} [met]
 * @property {string} [note]
 */

const units = {
  gflops: (value) => `${value.toFixed(1)} GFLOP/s`,
  tokens: (value) => `${Math.round(value).toLocaleString('en-US')} tokens/s`,
  seconds: (value) => `${value.toPrecision(3)} s`,
  milliseconds: (value) => `${value.toFixed(1)} ms`,
  count: (value) => String(value),
  ratio: (value) => value.toExponential(1),
  bytes: (value) => `${Math.round(value / 2 ** 20)} MiB`,
};

/** Adds whether the goal is met. @returns {Figure} */
export function figure(measured) {
  const { goal } = measured;
  if (!goal) return measured;
  const found = measured[goal.of];
  return { ...measured, met: found >= (goal.atLeast ?? -Infinity) && found <= (goal.atMost ?? Infinity) };
}

/** The line that people read: name, value, reference, ratio, goal. */
export function figureLine({ name, value, unit, reference, ratio, goal, met, note }) {
  const written = (number) => units[unit](number);
  const bound = (number) => (goal.of === 'ratio' ? number : written(number));
  const columns = [`${name}: ${written(value)}`];
  if (reference) columns.push(`${reference.name} ${written(reference.value)}`);
  if (ratio !== undefined) columns.push(`ratio ${ratio.toPrecision(3)}`);
  if (goal) {
    const text = goal.atLeast === undefined ? `≤ ${bound(goal.atMost)}` : `≥ ${bound(goal.atLeast)}`;
    columns.push(`goal ${text}: ${met ? 'met' : 'NOT met'}`);
  }
  if (note) columns.push(note);
  return columns.join(' · ');
}

/** @param {readonly number[]} values */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
