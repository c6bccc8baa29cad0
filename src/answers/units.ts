/**
 * Units: their spellings, prefixes and sizes. A table of our own, as libraries of units count in doubles, know neither money nor
 * words such as "square feet", and would read any word as an error.
 */
import Fraction from 'fraction.js';

/** What is measured, each with its power: metres per second are { m: 1, s: −1 }. */
type Dimensions = ReadonlyMap<string, number>;

export interface Unit {
  /** In the units that its dimensions name. */
  readonly size: Fraction;
  readonly dimensions: Dimensions;
}

type Row = readonly [
  symbols: string,
  words: string,
  size: number | string,
  dimensions: string,
  prefixes?: 'SI',
];

/** Symbols; words in the singular; size; dimensions; whether prefixes go before them. */
const rows: readonly Row[] = [
  ['m', 'meter metre', 1, 'm', 'SI'],
  ['g', 'gram gramme', 1, 'g', 'SI'],
  ['s sec', 'second', 1, 's', 'SI'],
  ['A amp', 'ampere', 1, 'A', 'SI'],
  ['K', 'kelvin', 1, 'K', 'SI'],
  ['mol', 'mole', 1, 'mol', 'SI'],
  ['cd', 'candela', 1, 'cd', 'SI'],
  ['Hz', 'hertz', 1, 's-1', 'SI'],
  ['N', 'newton', 1000, 'g m s-2', 'SI'],
  ['Pa', 'pascal', 1000, 'g m-1 s-2', 'SI'],
  ['J', 'joule', 1000, 'g m2 s-2', 'SI'],
  ['W', 'watt', 1000, 'g m2 s-3', 'SI'],
  ['C', 'coulomb', 1, 'A s', 'SI'],
  ['V', 'volt', 1000, 'g m2 s-3 A-1', 'SI'],
  ['Ω ohm', 'ohm', 1000, 'g m2 s-3 A-2', 'SI'],
  ['F', 'farad', '1/1000', 'g-1 m-2 s4 A2', 'SI'],
  ['T', 'tesla', 1000, 'g s-2 A-1', 'SI'],
  ['Wb', 'weber', 1000, 'g m2 s-2 A-1', 'SI'],
  ['H', 'henry', 1000, 'g m2 s-2 A-2', 'SI'],
  ['eV', 'electronvolt', '1602176634/10000000000000000000000000', 'g m2 s-2', 'SI'],
  ['cal', 'calorie', 4184, 'g m2 s-2', 'SI'],
  ['erg', 'erg', '1/10000', 'g m2 s-2'],
  ['dyn dyne', 'dyne', '1/100', 'g m s-2'],
  ['bar', 'bar', 100_000_000, 'g m-1 s-2', 'SI'],
  ['atm', 'atmosphere', 101_325_000, 'g m-1 s-2'],
  ['L l', 'liter litre', '1/1000', 'm3', 'SI'],
  ['M', 'molar', 1000, 'mol m-3', 'SI'],
  ['t', 'tonne ton', 1_000_000, 'g'],
  ['Å', 'angstrom', '1/10000000000', 'm'],
  ['pc', 'parsec', '30856775814913673', 'm', 'SI'],
  ['ly', 'lightyear', '9460730472580800', 'm'],
  ['AU', '', '149597870700', 'm'],
  ['min', 'minute', 60, 's'],
  ['h hr', 'hour', 3600, 's'],
  ['d', 'day', 86_400, 's'],
  ['wk', 'week', 604_800, 's'],
  ['mo', 'month', 1, 'month'],
  ['yr', 'year', 12, 'month'],
  ['in', 'inch', '254/10000', 'm'],
  ['ft', 'foot feet', '3048/10000', 'm'],
  ['yd', 'yard', '9144/10000', 'm'],
  ['mi', 'mile', '1609344/1000', 'm'],
  ['mph', '', '44704/100000', 'm s-1'],
  ['kph kmh', '', '5/18', 'm s-1'],
  ['rpm', '', '1/60', 'turn s-1'],
  ['lb lbs', 'pound', '45359237/100000', 'g'],
  ['oz', 'ounce', '45359237/1600000', 'g'],
  ['gal', 'gallon', '473176473/125000000000', 'm3'],
  ['qt', 'quart', '473176473/500000000000', 'm3'],
  ['pt', 'pint', '473176473/1000000000000', 'm3'],
  ['acre', 'acre', '316160658/78125', 'm2'],
  ['ha', 'hectare', 10_000, 'm2'],
  ['deg °', 'degree', 1, 'degree'],
  ['rad', 'radian', 1, 'radian'],
  ['rev', 'revolution turn', 1, 'turn'],
  ['°C ℃', 'celsius', 1, 'celsius'],
  ['°F ℉', 'fahrenheit', 1, 'fahrenheit'],
  ['bit', 'bit', 1, 'bit', 'SI'],
  ['B', 'byte', 8, 'bit', 'SI'],
  ['USD', 'dollar', 1, 'dollar'],
  ['', 'cent', '1/100', 'dollar'],
  ['EUR', 'euro', 1, 'euro'],
  ['GBP', '', 1, 'sterling'],
  ['', 'percent percentage', 1, 'percent'],
  ['pct', '', 1, 'percent'],
];

/** Symbol, word, power of ten. */
const prefixes: readonly (readonly [string, string, number])[] = [
  ['Y', 'yotta', 24],
  ['Z', 'zetta', 21],
  ['E', 'exa', 18],
  ['P', 'peta', 15],
  ['T', 'tera', 12],
  ['G', 'giga', 9],
  ['M', 'mega', 6],
  ['k', 'kilo', 3],
  ['h', 'hecto', 2],
  ['da', 'deca', 1],
  ['d', 'deci', -1],
  ['c', 'centi', -2],
  ['m', 'milli', -3],
  ['μ', 'micro', -6],
  ['µ', 'micro', -6],
  ['u', 'micro', -6],
  ['n', 'nano', -9],
  ['p', 'pico', -12],
  ['f', 'femto', -15],
  ['a', 'atto', -18],
];

const dimensionsOf = (text: string): Dimensions =>
  new Map(
    text.split(' ').map((part) => {
      const [, name = part, power = '1'] = /^(.*?)(-?\d+)?$/.exec(part) ?? [];
      return [name, Number(power)] as const;
    }),
  );

const names = new Map<string, Unit>();
for (const [symbols, words, size, dimensions, prefixed] of rows) {
  const unit: Unit = { size: new Fraction(size), dimensions: dimensionsOf(dimensions) };
  const add = (spelling: string, power: number) => {
    if (!names.has(spelling))
      names.set(spelling, { ...unit, size: unit.size.mul(new Fraction(10).pow(power)) });
  };
  const each = (text: string, name: (spelling: string) => void) => {
    for (const spelling of text.split(' ')) if (spelling !== '') name(spelling);
  };
  each(symbols, (symbol) => add(symbol, 0));
  each(words, (word) => add(word, 0));
  if (prefixed === undefined) continue;
  for (const [symbol, word, power] of prefixes) {
    each(symbols, (base) => {
      // "sec" and "ohm" are short words, which take none.
      if (base.length < 3 || base === 'mol' || base === 'bar' || base === 'cal' || base === 'bit')
        add(`${symbol}${base}`, power);
    });
    each(words, (base) => add(`${word}${base}`, power));
  }
}

/** Of a word as it is written, in capitals or not, in the plural or not. */
function named(word: string): Unit | undefined {
  const lower = word.toLowerCase();
  const exact = names.get(word);
  if (exact !== undefined) return exact;
  for (const spelling of [
    lower,
    lower.replace(/s$/, ''),
    lower.replace(/(?:es)$/, ''),
    word.replace(/s$/, ''),
  ]) {
    // Symbols keep their capitals: MM is no millimetre.
    if (spelling.length > 2 || spelling === lower) {
      const unit = names.get(spelling);
      if (unit !== undefined && spelling.length > 1) return unit;
    }
  }
  return undefined;
}

export const isUnit = (word: string): boolean => /^units?$/i.test(word) || named(word) !== undefined;

/** Letters that stand for a unit right after a number: 4s. Others are unknowns more often. */
export const unitLetters: ReadonlySet<string> = new Set('m s g h N J W V K L A Omega'.split(' '));

const none: Unit = { size: new Fraction(1), dimensions: new Map() };

function times(a: Unit, b: Unit, power: number): Unit {
  const dimensions = new Map(a.dimensions);
  for (const [name, own] of b.dimensions) {
    const total = (dimensions.get(name) ?? 0) + own * power;
    if (total === 0) dimensions.delete(name);
    else dimensions.set(name, total);
  }
  return { size: a.size.mul(b.size.pow(power)), dimensions };
}

const powerWords: Readonly<Record<string, number>> = {
  square: 2,
  squared: 2,
  sq: 2,
  cubic: 3,
  cubed: 3,
  cu: 3,
};

/** Greatest power of a unit, and most units in a product: more are no unit. */
const greatestPower = 6;
const mostUnits = 8;

export interface ReadUnit {
  /** Null when no word is a unit. */
  unit: Unit | null;
  /** Words that are none, in lower case and without the plural's s. */
  words: string[];
}

/** Reads the words of a unit one after the other. */
class UnitReader {
  unit = none;
  count = 0;
  readonly words: string[] = [];
  #sign = 1;
  #pending = 1;
  /** The unit just read, which a power may follow. */
  #last: Unit | null = null;

  read(token: string): void {
    const power = powerWords[token.toLowerCase()];
    const exponent = /[-−]?\d+/.exec(token)?.[0];
    if (token === '/' || /^per$/i.test(token)) this.#sign = -1;
    else if (exponent !== undefined) this.#raise(token, Number(exponent.replace('−', '-')));
    else if (power !== undefined) {
      if (/ed$/i.test(token) && this.#last !== null) this.#raise(token, power);
      else this.#pending = power;
    } else if (!/^units?$/i.test(token)) this.#name(token);
  }

  #raise(token: string, power: number): void {
    // The unit stands there once already.
    if (this.#last !== null && Math.abs(power) <= greatestPower) {
      this.unit = times(this.unit, this.#last, this.#sign * (power - 1));
    } else this.words.push(token.trim());
    this.#last = null;
  }

  #name(token: string): void {
    const unit = named(token === '%' ? 'percent' : token);
    if (unit === undefined || this.count >= mostUnits) this.words.push(token.toLowerCase().replace(/s$/, ''));
    else {
      this.unit = times(this.unit, unit, this.#sign * this.#pending);
      this.#last = unit;
      this.count++;
    }
    this.#pending = 1;
  }
}

/** "square cm", "cm^2", "km/h", "metres per second", "m·s⁻¹": one unit, and the words beside it. */
export function unitOf(text: string): ReadUnit {
  const reader = new UnitReader();
  for (const [token] of text.matchAll(/°[CF]|[°%ΩÅ]|[\p{L}µ℃℉]+|\^?\s*\(?[-−]?\d+\)?|[/]/gu))
    reader.read(token);
  return { unit: reader.count > 0 ? reader.unit : null, words: reader.words };
}

export const sameDimensions = (a: Unit, b: Unit): boolean =>
  a.dimensions.size === b.dimensions.size &&
  [...a.dimensions].every(([name, power]) => b.dimensions.get(name) === power);
