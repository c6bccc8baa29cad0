/** Round numbers for axes, and how they are written. Pure. */

/** The smallest of 1, 2 and 5 times a power of ten that is not below `step` (positive). */
export function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5, 10].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10) * power;
}

/** Multiples of `step` in [low, high], without the noise of adding. */
export function multiples(step: number, low: number, high: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** How a value is written: shortly, or with so many decimals. */
export type WriteValue = (value: number | null | undefined, decimals?: number) => string;

/** Labels of the values of an axis: with as many decimals as it takes to tell them apart. */
export function axisTexts(values: readonly number[], write: WriteValue): string[] {
  let texts = values.map((value) => write(value));
  for (let decimals = 0; decimals <= mostDecimals && new Set(texts).size < values.length; decimals++) {
    texts = values.map((value) => write(value, decimals));
  }
  return texts;
}

/** What a label has room for. */
const mostDecimals = 8;
