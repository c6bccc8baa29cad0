/** Formulas as MathML, which needs no style sheet, no fonts and no inline styles. */
import type Katex from 'katex';

/** Longer ones are no formulas of people. */
const longestFormula = 4000;
/** Formulas that are held, so that what is scrolled back to is set at once. */
const heldFormulas = 20_000;
/** How long the page may be busy with formulas at a time, in milliseconds. */
const slice = 8;

/** Null for one that cannot be set. */
type Markup = string | null;

const held = new Map<string, Markup>();
const keyOf = (formula: string, display: boolean) => `${display ? '$$' : '$'}${formula}`;

/** The markup of a formula that was set before; undefined for one that was not. */
export const heldMathml = (formula: string, display: boolean): Markup | undefined =>
  held.get(keyOf(formula, display));

function mathml(katex: typeof Katex, formula: string, display: boolean): Markup {
  if (formula.length > longestFormula) return null;
  try {
    return katex.renderToString(formula, {
      output: 'mathml',
      displayMode: display,
      trust: false,
      maxSize: 20,
      maxExpand: 200,
      strict: false,
      throwOnError: true,
    });
  } catch {
    return null;
  }
}

const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve));

/**
 * Sets formulas one after the other without holding up the page; the library is loaded with the first one.
 * @param report after each slice; what is set then is held. Its answer is whether to go on.
 */
export async function setFormulas(
  formulas: readonly { content: string; display: boolean }[],
  report: () => boolean,
): Promise<void> {
  const { default: katex } = await import('katex');
  let end = performance.now() + slice;
  for (const { content, display } of formulas) {
    const key = keyOf(content, display);
    if (held.has(key)) continue;
    held.set(key, mathml(katex, content, display));
    const [oldest] = held.keys();
    if (held.size > heldFormulas && oldest !== undefined) held.delete(oldest);
    if (performance.now() < end) continue;
    if (!report()) return;
    await nextTask();
    end = performance.now() + slice;
  }
  report();
}
