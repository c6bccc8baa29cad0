/** JSON whose numbers are kept as they are written. */

/** A string, or a number. The strings are matched so that the digits in them are left alone. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** What a number that is not kept has at least: 16 digits in a row or around a point, or an exponent. */
const suspect = /[\d.]{16}|\d[eE][+-]?\d/;

/** Digits that every double keeps. */
const keptDigits = 15;

function isKept(number: string): boolean {
  const value = Number(number);
  if (String(value) === number) return true;
  const digits = number
    .replace(/[eE].*/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '');
  const vanished = value === 0 && digits !== '';
  return digits.length <= keptDigits && Number.isFinite(value) && !vanished;
}

/**
 * The value of a JSON text. A number that would become another one, such as 12345678901234567890, is a string with
 * its digits.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!suspect.test(text)) return value;
  let changed = false;
  const exact = text.replace(tokens, (token) => {
    if (token.startsWith('"') || isKept(token)) return token;
    changed = true;
    return `"${token}"`;
  });
  return changed ? JSON.parse(exact) : value;
}
