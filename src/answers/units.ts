/** Units that answers carry: they are dropped, or compared when both answers name one. */

/** Spellings of one unit each; the first is its name. */
const units: readonly (readonly string[])[] = [
  ['percent', 'pct', 'percents'],
  ['meter', 'm', 'meters', 'metre', 'metres'],
  ['centimeter', 'cm', 'centimeters', 'centimetre', 'centimetres'],
  ['millimeter', 'mm', 'millimeters', 'millimetre', 'millimetres'],
  ['kilometer', 'km', 'kilometers', 'kilometre', 'kilometres'],
  ['inch', 'in', 'inches'],
  ['foot', 'ft', 'feet'],
  ['yard', 'yd', 'yards'],
  ['mile', 'mi', 'miles'],
  ['gram', 'g', 'grams'],
  ['kilogram', 'kg', 'kilograms'],
  ['pound', 'lb', 'lbs', 'pounds'],
  ['ounce', 'oz', 'ounces'],
  ['liter', 'L', 'liters', 'litre', 'litres'],
  ['milliliter', 'mL', 'ml', 'milliliters'],
  ['gallon', 'gal', 'gallons'],
  ['second', 's', 'sec', 'secs', 'seconds'],
  ['minute', 'min', 'mins', 'minutes'],
  ['hour', 'h', 'hr', 'hrs', 'hours'],
  ['day', 'days'],
  ['week', 'weeks'],
  ['month', 'months'],
  ['year', 'years'],
  ['dollar', 'dollars', 'usd'],
  ['cent', 'cents'],
  ['euro', 'euros', 'eur'],
  ['degree', 'degrees', 'deg'],
  ['radian', 'radians', 'rad'],
  ['mph'],
  ['newton', 'N', 'newtons'],
  ['joule', 'J', 'joules'],
  ['watt', 'W', 'watts'],
  ['volt', 'V', 'volts'],
  ['hertz', 'Hz'],
  ['mole', 'mol', 'moles'],
  ['unit', 'units'],
];

const names = new Map(units.flatMap((spellings) => spellings.map((spelling) => [spelling, spellings[0]!])));

const nameOf = (word: string): string | undefined => names.get(word) ?? names.get(word.toLowerCase());

export const isUnit = (word: string): boolean => nameOf(word) !== undefined;

/** The units in some words, by name, sorted: "square cm" and "cm squared" are one. Other words are left out. */
export function unitsIn(words: string): string[] {
  const found = words.match(/[A-Za-z]+/g) ?? [];
  return found
    .flatMap((word) => nameOf(word) ?? [])
    .filter((name) => name !== 'unit')
    .sort();
}
