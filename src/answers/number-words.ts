/** Numbers in English words: "twenty-one", "one hundred and five", "three quarters", "2 million". */

const ones =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const scales: Readonly<Record<string, number>> = {
  dozen: 12,
  hundred: 100,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
};
/** By their denominators. */
const parts = new Map(
  'half third quarter fifth sixth seventh eighth ninth tenth'
    .split(' ')
    .map((word, index) => [word, index + 2]),
);

/** A number in words, or before the word for a power of ten, in digits; null for anything else. */
export function numberOfWords(words: string): string | null {
  const scaled = /^(-?\d+(?:,\d{3})*(?:\.\d+)?)\s+(dozen|hundred|thousand|million|billion|trillion)$/.exec(
    words,
  );
  if (scaled) return `${scaled[1]!} \\times ${scales[scaled[2]!]}`;
  const fraction = /^([a-z]+)[\s-]([a-z]+?)s?$/.exec(words.replace(/halves$/, 'half'));
  if (fraction) {
    const top = /^an?$/.test(fraction[1]!) ? 1 : ones.indexOf(fraction[1]!);
    const bottom = parts.get(fraction[2]!);
    if (top > 0 && bottom !== undefined) return `\\frac{${top}}{${bottom}}`;
  }
  const whole = wholeOf(words.replace(/^(?:minus|negative)\s+/, ''));
  return whole === null ? null : `${/^(?:minus|negative)\s/.test(words) ? '-' : ''}${whole}`;
}

/** The whole number that words spell; null for anything else. */
function wholeOf(text: string): number | null {
  const words = text
    .replace(/^an? |^(?=hundred|thousand)/, 'one ')
    .split(/[\s-]+/)
    .filter((word) => word !== 'and');
  if (words.length === 0 || words.length > 20) return null;
  let total = 0;
  let group: string[] = [];
  for (const word of words) {
    const scale = word === 'hundred' ? undefined : scales[word];
    if (scale === undefined) group.push(word);
    else {
      const factor = belowThousand(group);
      if (factor === null || factor === 0) return null;
      total += factor * scale;
      group = [];
    }
  }
  if (group.length === 0) return total;
  const rest = belowThousand(group);
  return rest === null ? null : total + rest;
}

/** "two hundred five", "twenty five", "seven"; but not "five twenty". */
function belowThousand(words: readonly string[]): number | null {
  const [first, second, ...others] = words;
  if (first === undefined) return null;
  if (second === 'hundred') {
    const rest = others.length === 0 ? 0 : belowThousand(others);
    const hundreds = ones.indexOf(first);
    return hundreds < 1 || hundreds > 9 || rest === null || rest > 99 ? null : hundreds * 100 + rest;
  }
  const ten = tens.indexOf(first);
  const one = ones.indexOf(ten === -1 ? first : (second ?? 'zero'));
  if (one === -1 || (ten !== -1 && one > 9) || words.length > (ten === -1 ? 1 : 2)) return null;
  return ten === -1 ? one : 20 + 10 * ten + one;
}
