/**
 * A counter-based generator: each number is a hash of (seed, stream, counter), so that any of them can be
 * drawn without the ones before it. That is what lets a resumed run continue bit for bit with no generator
 * state to save. Not for cryptography.
 */

/** Chris Wellons' low-bias 32-bit finalizer ("triple32"): every input bit changes each output bit evenly. */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return x ^ (x >>> 14);
}

/** First half of a stream's key. */
function firstKey(seed: number, stream: number): number {
  return mix(mix(seed ^ 0x9e3779b9) + stream);
}

/** Second half. Two keys, or streams would be shifted copies of one another. */
function secondKey(seed: number, stream: number): number {
  return mix(mix(seed ^ 0x7f4a7c15) ^ Math.imul(stream, 0x85ebca6b));
}

function draw(first: number, second: number, counter: number): number {
  return mix(mix(counter + first) ^ second) >>> 0;
}

/** 24 bits are exact in float32: rounding never turns a number just below 1 into 1. */
const toUniform = (bits: number): number => (bits >>> 8) * 2 ** -24;

/**
 * A number in [0, 1), a multiple of 2⁻²⁴ and so exact in float32.
 * Only the lowest 32 bits of the three integers count.
 */
export function uniform(seed: number, stream: number, counter: number): number {
  return toUniform(draw(firstKey(seed, stream), secondKey(seed, stream), counter));
}

/** Fills `target` with `uniform(seed, stream, start)`, `uniform(seed, stream, start + 1)`, … */
export function fillUniform(
  target: Float32Array | Float64Array,
  seed: number,
  stream: number,
  start = 0,
): void {
  const first = firstKey(seed, stream);
  const second = secondKey(seed, stream);
  for (let i = 0; i < target.length; i++) target[i] = toUniform(draw(first, second, start + i));
}

/**
 * A 32-bit stream number for a purpose ("prompts", "sampling") and an index within it (a step), so that
 * draws for different purposes have nothing in common.
 */
export function streamOf(purpose: string, index = 0): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < purpose.length; i++) hash = mix(hash ^ Math.imul(purpose.charCodeAt(i), 0x01000193));
  return mix(mix(hash) + index) >>> 0;
}

/** The numbers of one stream, one after another. */
export class CounterRandom {
  readonly #first: number;
  readonly #second: number;
  #counter = 0;

  constructor(seed: number, stream: number) {
    this.#first = firstKey(seed, stream);
    this.#second = secondKey(seed, stream);
  }

  /** The next number in [0, 1): the i-th call gives `uniform(seed, stream, i)`. */
  next(): number {
    return toUniform(draw(this.#first, this.#second, this.#counter++));
  }

  /** An integer from 0 to `bound − 1`; the bias is below bound / 2³². */
  below(bound: number): number {
    return Math.floor((draw(this.#first, this.#second, this.#counter++) / 2 ** 32) * bound);
  }

  /** One of the items. */
  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.below(items.length)]!;
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<Item>(items: Item[]): Item[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = items[i]!;
      items[i] = items[j]!;
      items[j] = held;
    }
    return items;
  }
}
