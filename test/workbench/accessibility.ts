/** What axe-core finds wrong with a part of the window or with a page in it. */
import axe from 'axe-core';
import type { Locator } from 'playwright-core';

interface Violation {
  id: string;
  help: string;
  nodes: { target: unknown; html: string; failureSummary?: string }[];
}

/** The part of the page's own types that is used here; this project is compiled without them. */
interface PagePart {
  ownerDocument: {
    documentElement: { style: { backgroundColor: string } };
    defaultView: {
      axe: { run(part: PagePart, options: object): Promise<{ violations: Violation[] }> };
    };
  };
}

/**
 * Each violation below `part`, with its rule and selector. A page is transparent: `background` is the editor's colour
 * behind it, against which contrast is measured. `without` names rules that do not apply to the part.
 */
export async function violations(
  part: Locator,
  background: string,
  without: readonly string[] = [],
): Promise<string[]> {
  const frame = await (await part.elementHandle())?.ownerFrame();
  await frame?.evaluate(`globalThis.axe === undefined && (() => { ${axe.source} })()`);
  const found = await part.evaluate(async (element: PagePart, color) => {
    const { documentElement, defaultView } = element.ownerDocument;
    const before = documentElement.style.backgroundColor;
    documentElement.style.backgroundColor = `var(--vscode-${color})`;
    const { violations } = await defaultView.axe.run(element, { resultTypes: ['violations'] });
    documentElement.style.backgroundColor = before;
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ target, html, failureSummary }) => ({ target, html, failureSummary })),
    }));
  }, background);
  return found
    .filter(({ id }) => !without.includes(id))
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, html, failureSummary }) =>
        [`${id} (${help}): ${JSON.stringify(target)}`, html.slice(0, 200), failureSummary].join('\n'),
      ),
    );
}
