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

/** Whether a decimal is stored as a value. */
export type Rounds = (decimal: number, value: number) => boolean;

const toSingle: Rounds = (decimal, value) => Math.fround(decimal) === value;

/** Numbers of 16 bits have 11 digits of two, below 2^-14 fewer; at a power of two those below are twice as dense. */
const toHalf: Rounds = (decimal, value) => {
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const step = 2 ** (Math.max(exponent, -14) - 10);
  const isDenser = Math.abs(decimal) < Math.abs(value) && Math.abs(value) === 2 ** exponent && exponent > -14;
  return Math.abs(decimal - value) < (isDenser ? step / 4 : step / 2);
};

/** How the numbers of a column were rounded when they were stored; null for other columns, and those of 64 bits. */
export function roundingOf({ children, element }: SchemaTree): Rounds | null {
  if (children.length === 0) {
    if (element.logical_type?.type === 'FLOAT16') return toHalf;
    return element.type === 'FLOAT' ? toSingle : null;
  }
  const [first, ...others] = children.map(roundingOf);
  return first !== undefined && others.every((other) => other === first) ? first : null;
}

/** Numbers as the shortest decimals that mean them: 0.1, where 32 bits hold 0.10000000149. */
export function shortened(value: unknown, rounds: Rounds): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => shortened(one, rounds));
  if (typeof value !== 'number' || !Number.isFinite(value)) return value;
  for (let digits = 1; digits <= 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (rounds(decimal, value)) return decimal;
  }
  return value;
}
