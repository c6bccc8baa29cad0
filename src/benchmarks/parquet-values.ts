/** Values of a parquet file as people wrote them. */
import type { SchemaTree } from 'hyparquet';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Stands for bytes that should be text and are not UTF-8, until the row they are in is known. */
const notText = Symbol('not UTF-8');

export const textParsers = {
  stringFromBytes: (bytes: Uint8Array | undefined): unknown => {
    try {
      return bytes && decoder.decode(bytes);
    } catch {
      return notText;
    }
  },
};

export const holdsNotText = (value: unknown): boolean =>
  value === notText || (isPlain(value) && Object.values(value).some((part: unknown) => holdsNotText(part)));

const isPlain = (value: unknown): value is object =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);

/** Whether all numbers in a column have the precision of 32 bits. */
export function isSingle({ children, element }: SchemaTree): boolean {
  return children.length === 0 ? element.type === 'FLOAT' : children.every(isSingle);
}

/** The numbers in it as the shortest decimals that mean them: 0.1, where 32 bits hold 0.10000000149. */
export function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'number' || !Number.isFinite(value)) return value;
  for (let digits = 1; digits <= 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return value;
}
