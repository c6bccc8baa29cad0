/** Formulas in texts: which parts of a text are LaTeX, for people who read problems. */

export interface TextPart {
  kind: 'text' | 'formula';
  content: string;
  /** A formula on its own line. */
  display: boolean;
}

/** Delimiters, the longer ones first. A dollar before a digit and a dollar after a space is a price. */
const pattern =
  /\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|(?<!\\)\$(?!\s)((?:\\.|[^$\\])+?)(?<!\s)\$(?!\d)/g;

/** The text in its order, cut where formulas begin and end. */
export function formulaParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end)
      parts.push({ kind: 'text', content: text.slice(end, match.index), display: false });
    const [whole, dollars, brackets, parentheses, dollar] = match;
    const content = dollars ?? brackets ?? parentheses ?? dollar ?? '';
    parts.push({ kind: 'formula', content, display: dollars !== undefined || brackets !== undefined });
    end = match.index + whole.length;
  }
  if (end < text.length) parts.push({ kind: 'text', content: text.slice(end), display: false });
  return parts;
}
