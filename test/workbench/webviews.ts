/** The extension's webviews: each is an iframe of the editor around an iframe with the page itself. */
import type { FrameLocator, Page } from 'playwright-core';
import { until } from './until.js';

/** Looks at all of them again and again: to wait for one would keep from seeing the next. */
function find(page: Page, testId: string): Promise<FrameLocator> {
  return until(`a webview with data-testid="${testId}"`, async () => {
    const count = await page.locator('iframe.webview').count();
    for (let index = 0; index < count; index++) {
      const outer = page.locator('iframe.webview').nth(index).contentFrame();
      const frame = outer.frameLocator('#active-frame');
      // One that comes or goes has no page to look at.
      const found = await frame
        .getByTestId(testId)
        .waitFor({ state: 'visible', timeout: 200 })
        .then(() => true)
        .catch(() => false);
      if (found) return frame;
    }
    return null;
  });
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
