/** Formulas in texts: which parts of a text are LaTeX, for people who read problems. */

export interface TextPart {
  kind: 'text' | 'formula';
  content: string;
  /** A formula on its own line. */
  display: boolean;
}

/** What begins a formula, or an escaped sign that begins none. */
const openings = /\$\$|\\\[|\\\(|\\[\s\S]|\$/g;
const closings: Readonly<Record<string, string>> = { $$: '$$', '\\[': '\\]', '\\(': '\\)' };

/** Where formulas of one text end. Each closing is looked for once at most where there is none: time stays linear. */
class Closings {
  readonly #exhausted = new Set<string>();

  constructor(private readonly text: string) {}

  /** The place of the closing from here on; -1 when there is none, or nothing before it. */
  find(opening: string, from: number): number {
    if (opening === '$') return this.#dollar(from);
    const closing = closings[opening];
    if (closing === undefined || this.#exhausted.has(closing)) return -1;
    const end = this.text.indexOf(closing, from + 1);
    if (end === -1) this.#exhausted.add(closing);
    return end;
  }

  /** The next dollar, when it can end a formula: a dollar before a digit and a dollar after a space is a price. */
  #dollar(from: number): number {
    const { text } = this;
    let end = from;
    while (end < text.length && text[end] !== '$') end += text[end] === '\\' ? 2 : 1;
    const isEnd = end > from && end < text.length && !/\s/.test(text[end - 1]!);
    return isEnd && !/\s/.test(text[from]!) && !/\d/.test(text[end + 1] ?? '') ? end : -1;
  }
}

/** The text in its order, cut where formulas begin and end. */
export function formulaParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  const ends = new Closings(text);
  const scan = new RegExp(openings);
  let shown = 0;
  for (let match = scan.exec(text); match; match = scan.exec(text)) {
    const [opening] = match;
    const start = match.index + opening.length;
    const end = ends.find(opening, start);
    if (end === -1) continue;
    if (match.index > shown) {
      parts.push({ kind: 'text', content: text.slice(shown, match.index), display: false });
    }
    const display = opening === '$$' || opening === '\\[';
    parts.push({ kind: 'formula', content: text.slice(start, end), display });
    shown = end + (closings[opening] ?? opening).length;
    scan.lastIndex = shown;
  }
  if (shown < text.length) parts.push({ kind: 'text', content: text.slice(shown), display: false });
  return parts;
}

/** `\text{…}` and the names of commands hold letters that are no words of the answer. */
const commands = /\\(?:text|mathrm|operatorname|mbox)\s*\{[^{}]*\}|\\[a-zA-Z]+/g;

/** An answer as a text for `formulaParts`: a formula is set as one, words stay words with the blanks between them. */
export function answerText(answer: string): string {
  const bare = answer.trim();
  if (formulaParts(bare).some(({ kind }) => kind === 'formula')) return answer;
  const isLatex = /\\[a-zA-Z]|[\^_]/.test(bare);
  const hasWords = /\p{L}{4,}|\p{L}{2,}\s+\p{L}{2,}/u.test(bare.replace(commands, ' '));
  return isLatex && !hasWords ? `$${bare}$` : answer;
}
