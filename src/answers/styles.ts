/** How a formula looks: bold, boxes, colours, sizes. It says nothing of what the formula is. */
import { closingBrace } from './braces.js';

/** Commands whose braces hold what they style; those of words style formulas too when models box them. */
const wrapping =
  /^\\(text(?:bf|it|rm|sf|tt|normal|sc|sl|up|md)?|mathbf|mathrm|mathit|mathsf|mathtt|mathbb|boldsymbol|bold|bm|pmb|emph|underline|underbar|uline|boxed|fbox|framebox|mbox|hbox|ensuremath|operatorname|displaystyle|(?:text)?color\s*\{[^{}]{1,30}\}|(?:text)?color\[[^\][]{1,20}\]\s*\{[^{}]{1,30}\}|colorbox\s*\{[^{}]{1,30}\}|fcolorbox\s*\{[^{}]{1,30}\}\s*\{[^{}]{1,30}\}|bbox\s*(?:\[[^\][]{0,40}\])?)\s*\{/;
const switches =
  /\\(?:(?:tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|Huge|bf|bfseries|itshape|boldmath|strut|hfill|centering|color\s*(?:\[[^\][]{1,20}\])?\s*\{[^{}]{1,30}\}|tag\*?\s*\{[^{}]{0,30}\}|label\s*\{[^{}]{0,30}\}|(?:v|h)space\*?\s*\{[^{}]{0,20}\}|phantom\s*\{[^{}]{0,20}\}|blacksquare|checkmark|qed)(?![A-Za-z]))/g;
/** Words and names: a style around them may be a part of them, as in \mathbf{v}. */
const onlyWords = /^[\p{L}\p{M}\s'’.,!-]*$/u;
const singleLetters = /^[^\p{L}]*\p{L}(?:[^\p{L}]+\p{L})+[^\p{L}]*$/u;

/** Styles nested deeper are left as they are. */
const deepest = 8;

/** The formula without the styles that are around all of it, and without colours and sizes. */
export function unstyled(formula: string): string {
  let text = formula.replace(switches, '').trim();
  for (let depth = 0; depth < deepest; depth++) {
    const inner = inside(text);
    if (inner === null) break;
    text = inner.trim();
  }
  return text.replace(/\\textcolor\s*\{[^{}]{1,30}\}\s*(?=\{)/g, '');
}

function inside(text: string): string | null {
  const opened = wrapping.exec(text);
  if (opened === null) return grouped(text);
  const first = opened[0].length;
  const end = closingBrace(text, first);
  // A full stop may stand after it.
  if (end === null || /[^\s.]/.test(text.slice(end + 1))) return null;
  const content = text.slice(first, end);
  const boxes =
    /^(?:boxed|fbox|framebox|ensuremath|displaystyle|\w*color|\w*colorbox|bbox|emph|u?(?:nder)?line$|underbar)/;
  if (boxes.test(opened[1]!) && !(/^(?:underline|underbar)/.test(opened[1]!) && onlyWords.test(content)))
    return content;
  if (onlyWords.test(content) && !(singleLetters.test(content) && /[-]/.test(content))) return null;
  return content;
}

/** `{{7}}`, `{\bf 7}`; but `{1,2}` is a set. */
function grouped(text: string): string | null {
  if (!text.startsWith('{') || closingBrace(text, 1) !== text.length - 1) return null;
  const content = text.slice(1, -1);
  return /^\s*(?:\{.*\}|\\(?:text|math)[a-z]+\s*\{.*\}|[^,;]*)\s*$/s.test(content) ? content : null;
}
