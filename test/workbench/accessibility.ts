/** What axe-core finds wrong with a part of the window or with a page in it. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Locator } from 'playwright-core';

interface AxeResult {
  id: string;
  help: string;
  nodes: { target: unknown; html: string; failureSummary?: string }[];
}

let source: Promise<string> | undefined;

/**
 * Each violation below `part` with its rule and selector. A page is transparent: `background` names the editor's colour
 * behind it, against which contrast is measured.
 */
export async function violations(part: Locator, background: string): Promise<string[]> {
  source ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated in the browser; this project is compiled without its types.
  const found = await part.evaluate(`async (part) => {
    if (!window.axe) { ${await source} }
    const root = document.documentElement;
    const before = root.style.backgroundColor;
    root.style.backgroundColor = getComputedStyle(root).getPropertyValue('--vscode-${background}') || before;
    const { violations } = await axe.run(part, { resultTypes: ['violations'] });
    root.style.backgroundColor = before;
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ target, html, failureSummary }) => ({ target, html, failureSummary })),
    }));
  }`);
  return (found as AxeResult[]).flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html, failureSummary }) =>
      [`${id} (${help}): ${JSON.stringify(target)}`, html.slice(0, 200), failureSummary].join('\n'),
    ),
  );
}
