/** Braces in LaTeX. */

/** Index of the brace that closes the one before `from`; an escaped brace is a sign of the text. */
export function closingBrace(text: string, from: number): number | null {
  let depth = 1;
  for (let index = from; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '{') depth++;
    else if (text[index] === '}' && --depth === 0) return index;
  }
  return null;
}
