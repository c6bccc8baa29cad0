/** The extension's webviews: each is an iframe of the editor around an iframe with the page itself. */
import type { FrameLocator, Page } from 'playwright-core';

function webview(page: Page, index: number): FrameLocator {
  return page.locator('iframe.webview').nth(index).contentFrame().frameLocator('#active-frame');
}

async function find(page: Page, testId: string): Promise<FrameLocator> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const count = await page.locator('iframe.webview').count();
    for (let index = 0; index < count; index++) {
      const frame = webview(page, index);
      const found = await frame
        .getByTestId(testId)
        .waitFor({ state: 'visible', timeout: 3000 })
        .then(() => true)
        .catch(() => false);
      if (found) return frame;
    }
  }
  throw new Error(`No webview shows data-testid="${testId}".`);
}

/** The dashboard that is shown in the editor area. */
export const dashboardFrame = (page: Page) => find(page, 'dashboard');
/** The compact live panel of the sidebar. */
export const panelFrame = (page: Page) => find(page, 'panel');
/** Set Up GPU Engine. */
export const setupFrame = (page: Page) => find(page, 'setup');
/** The table of runs. */
export const tableFrame = (page: Page) => find(page, 'grid');
/** Try the Judge. */
export const judgeFrame = (page: Page) => find(page, 'judge');
/** Compare Runs. */
export const compareFrame = (page: Page) => find(page, 'compare');
