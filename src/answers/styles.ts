/** How a formula looks: bold, boxes, colours, sizes. It says nothing of what the formula is. */
import { closingBrace } from './braces.js';

/** Commands whose braces hold what they style; those of words style formulas too when models box them. */
const wrapping =
  /^\\(text(?:bf|it|rm|sf|tt|normal|sc|sl|up|md)?|mathbf|mathrm|mathit|mathsf|mathtt|mathbb|boldsymbol|bold|bm|pmb|emph|underline|underbar|uline|boxed|fbox|framebox|mbox|hbox|ensuremath|operatorname|displaystyle|(?:text)?color\s*\{[^{}]{1,30}\}|(?:text)?color\[[^\][]{1,20}\]\s*\{[^{}]{1,30}\}|colorbox\s*\{[^{}]{1,30}\}|fcolorbox\s*\{[^{}]{1,30}\}\s*\{[^{}]{1,30}\}|bbox\s*(?:\[[^\][]{0,40}\])?)\s*\{/;
const switches =
  /\\(?:(?:tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|Huge|bf|bfseries|itshape|boldmath|strut|hfill|centering|color\s*(?:\[[^\][]{1,20}\])?\s*\{[^{}]{1,30}\}|tag\*?\s*\{[^{}]{0,30}\}|label\s*\{[^{}]{0,30}\}|(?:v|h)space\*?\s*\{[^{}]{0,20}\}|phantom\s*\{[^{}]{0,20}\}|blacksquare|checkmark|qed)(?![A-Za-z]))/g;
/** Words and names: a style around them may be a part of them, as in \mathbf{v}. */
const onlyWords = /^[\p{L}\p{M}\s'’.,!-]*$/u;
/** p - q */
const singleLetters = /^\p{L}(?:\s*-\s*\p{L})+$/u;

/** Styles nested deeper are left as they are. */
const deepest = 8;

/** The formula without the styles that are around all of it, and without colours and sizes. */
export function unstyled(formula: string): string {
  let text = formula.trim();
  for (let depth = 0; depth < deepest; depth++) {
    const inner = inside(text) ?? text.replace(switches, '');
    if (inner === text) break;
    text = inner.trim();
  }
  return text;
}

/** What a style is around all of; null when none is. */
function inside(text: string): string | null {
  const opened = wrapping.exec(text);
  if (opened === null) return /^(\*\*|__)([^*_]+)\1$/.exec(text)?.[2] ?? grouped(text);
  const [whole, style] = opened as unknown as [string, string];
  const end = closingBrace(text, whole.length);
  // A full stop may stand after it.
  if (end === null || /[^\s.]/.test(text.slice(end + 1))) return null;
  const content = text.slice(whole.length, end);
  if (!/^(?:text(?!color)|math|mbox|hbox|bold|bm|pmb|under|operatorname)/.test(style)) return content;
  if (onlyWords.test(content) && !singleLetters.test(content)) return null;
  return withoutBrackets(content);
}

/** AIME's solutions write \textbf{(204)}; with a comma in it, it is a point. */
function withoutBrackets(text: string): string {
  const inner = /^\s*\(([^(),;]*|\d{1,3}(?:,\d{3})+)\)\s*$/.exec(text)?.[1];
  return inner === undefined || /^\s*\w\s*$/.test(inner) ? text : inner;
}

/** `{{7}}`, `{\bf 7}`; but `{1,2}` is a set. */
function grouped(text: string): string | null {
  if (!text.startsWith('{') || closingBrace(text, 1) !== text.length - 1) return null;
  const content = text.slice(1, -1);
  return /^\s*(?:\{.*\}|\\(?:text|math)[a-z]+\s*\{.*\}|[^,;]*)\s*$/s.test(content) ? content : null;
}
