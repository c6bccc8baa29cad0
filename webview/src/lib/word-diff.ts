/** What differs between two texts, word by word. Pure; time near linear in their length, memory linear. */

export interface DiffPart {
  text: string;
  /** Whether the other text does not have it here. */
  differs: boolean;
}

/** Words, runs of blanks, and signs one by one. */
const tokenPattern = /\s+|[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu;

/** Largest product of two lengths that is compared word against word. */
const exactCells = 200_000;
/** A word that stands more often in a part does not tell where in it one is. */
const mostRepeats = 32;
/** Between words that both texts share there are shorter parts, in them again, and so on. */
const deepest = 12;

interface Sides {
  a: readonly string[];
  b: readonly string[];
  /** Which tokens of each side have a partner on the other one. */
  keptA: Uint8Array;
  keptB: Uint8Array;
}

interface Range {
  a: number;
  aEnd: number;
  b: number;
  bEnd: number;
}

/** Both texts in parts, each with what the other one lacks marked. */
export function wordDiff(one: string, other: string): { one: DiffPart[]; other: DiffPart[] } {
  const a = one.match(tokenPattern) ?? [];
  const b = other.match(tokenPattern) ?? [];
  const sides = { a, b, keptA: new Uint8Array(a.length), keptB: new Uint8Array(b.length) };
  compare(sides, { a: 0, aEnd: a.length, b: 0, bEnd: b.length }, 0);
  return { one: parts(a, sides.keptA), other: parts(b, sides.keptB) };
}

function keep(sides: Sides, a: number, b: number): void {
  sides.keptA[a] = 1;
  sides.keptB[b] = 1;
}

function compare(sides: Sides, whole: Range, depth: number): void {
  const range = { ...whole };
  const { a, b } = sides;
  while (range.a < range.aEnd && range.b < range.bEnd && a[range.a] === b[range.b]) {
    keep(sides, range.a++, range.b++);
  }
  while (range.a < range.aEnd && range.b < range.bEnd && a[range.aEnd - 1] === b[range.bEnd - 1]) {
    keep(sides, --range.aEnd, --range.bEnd);
  }
  if (range.a === range.aEnd || range.b === range.bEnd) return;
  if ((range.aEnd - range.a) * (range.bEnd - range.b) <= exactCells) {
    compareExactly(sides, range);
    return;
  }
  if (depth === deepest) return;
  let from = { a: range.a, b: range.b };
  const anchors = sharedWords(sides, range);
  if (anchors.length === 0) return;
  for (const [atA, atB] of anchors) {
    compare(sides, { a: from.a, aEnd: atA, b: from.b, bEnd: atB }, depth + 1);
    keep(sides, atA, atB);
    from = { a: atA + 1, b: atB + 1 };
  }
  compare(sides, { ...from, aEnd: range.aEnd, bEnd: range.bEnd }, depth + 1);
}

/** The longest common subsequence of two short ranges, by the usual table. */
function compareExactly(sides: Sides, { a, aEnd, b, bEnd }: Range): void {
  const width = bEnd - b + 1;
  const lengths = new Uint32Array((aEnd - a + 1) * width);
  for (let row = aEnd - a - 1; row >= 0; row--) {
    for (let column = bEnd - b - 1; column >= 0; column--) {
      const below = (row + 1) * width + column;
      lengths[row * width + column] =
        sides.a[a + row] === sides.b[b + column]
          ? lengths[below + 1]! + 1
          : Math.max(lengths[below]!, lengths[row * width + column + 1]!);
    }
  }
  let row = 0;
  let column = 0;
  while (row < aEnd - a && column < bEnd - b) {
    if (sides.a[a + row] === sides.b[b + column]) keep(sides, a + row++, b + column++);
    else if (lengths[(row + 1) * width + column]! >= lengths[row * width + column + 1]!) row++;
    else column++;
  }
}

function places(tokens: readonly string[], start: number, end: number): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (let place = start; place < end; place++) {
    const token = tokens[place]!;
    if (token.trim() === '') continue;
    const before = found.get(token);
    if (before) before.push(place);
    else found.set(token, [place]);
  }
  return found;
}

/** Words that stand equally often in both ranges, in the longest order that both have: `[place in a, place in b]`. */
function sharedWords({ a, b }: Sides, range: Range): [number, number][] {
  const inB = places(b, range.b, range.bEnd);
  const pairs: [number, number][] = [];
  for (const [token, placesA] of places(a, range.a, range.aEnd)) {
    const placesB = inB.get(token);
    if (placesB?.length !== placesA.length || placesA.length > mostRepeats) continue;
    for (const [index, place] of placesA.entries()) pairs.push([place, placesB[index]!]);
  }
  pairs.sort(([one], [other]) => one - other);
  return longestRising(pairs);
}

/** The longest part of the pairs in which the second numbers rise, too; by patience sorting. */
function longestRising(pairs: readonly [number, number][]): [number, number][] {
  const tops: number[] = [];
  const previous = new Int32Array(pairs.length).fill(-1);
  for (const [index, [, place]] of pairs.entries()) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[tops[middle]!]![1] < place) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[index] = tops[low - 1]!;
    tops[low] = index;
  }
  const rising: [number, number][] = [];
  for (let index = tops.at(-1) ?? -1; index >= 0; index = previous[index]!) rising.push(pairs[index]!);
  return rising.reverse();
}

/** Tokens in runs. Blanks between two differences belong to them, so that they read as one. */
function parts(tokens: readonly string[], kept: Uint8Array): DiffPart[] {
  const result: { tokens: string[]; differs: boolean }[] = [];
  for (const [place, token] of tokens.entries()) {
    const bridges = token.trim() === '' && place > 0 && !kept[place - 1] && kept[place + 1] === 0;
    const differs = !kept[place] || bridges;
    const last = result.at(-1);
    if (last?.differs === differs) last.tokens.push(token);
    else result.push({ tokens: [token], differs });
  }
  return result.map((part) => ({ text: part.tokens.join(''), differs: part.differs }));
}
