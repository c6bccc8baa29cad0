/** What people see of the extension outside its webviews, found as assistive technology finds it where possible. */
import type { Locator, Page } from 'playwright-core';
import { until } from './until.js';

/** The part of the page's own types that is used here; this project is compiled without them. */
interface StyledElement {
  ownerDocument: {
    defaultView: { getComputedStyle(element: StyledElement, pseudo: string): { content: string } };
  };
}

export class EditorWindow {
  constructor(private readonly page: Page) {}

  /** Opens the extension's container in the activity bar, if it is not open already. */
  async showRuns(): Promise<void> {
    const icon = this.page.locator('.activitybar').getByRole('tab', { name: /^G2RL Lab/ });
    if ((await icon.getAttribute('aria-selected')) !== 'true') await icon.click();
    await this.page.locator('.sidebar .pane-header', { hasText: 'Runs' }).waitFor();
  }

  /** Opens a file of the workspace by its name. */
  async open(name: string): Promise<void> {
    const timeout = 3000;
    await until(`"${name}" to be found`, async () => {
      // A view that has just loaded may take the focus, which closes the list: then it is opened anew.
      await this.page.keyboard.press('Control+P');
      await this.page.locator('.quick-input-widget input[type="text"]').fill(name, { timeout });
      await this.page
        .locator('.quick-input-list .monaco-list-row', { hasText: name })
        .first()
        .click({ timeout });
      return true;
    });
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.monaco-editor .view-line').first().waitFor();
  }

  /** A row of the run explorer by the start of what a screen reader says. */
  row(name: RegExp): Locator {
    return this.page.locator('.sidebar').getByRole('treeitem', { name });
  }

  /** The status bar item of a run that is alive. */
  statusItem(): Locator {
    // On the right is the language of the open file.
    return this.page.locator('.statusbar-item.left', { hasText: /G2RL/ });
  }

  lens(title: string): Locator {
    return this.page.locator('.codelens-decoration a', { hasText: title });
  }

  /**
   * The text that a decoration puts at the end of a line, which is content of a style, not of the page. Null when
   * there is none.
   */
  endOfLine(): Promise<string | null> {
    return this.page.locator('.view-lines .view-line span').evaluateAll((spans: StyledElement[]) => {
      for (const span of spans) {
        const { content } = span.ownerDocument.defaultView.getComputedStyle(span, '::after');
        const text = /^"(.*)"$/.exec(content)?.[1];
        if (text?.trim()) return text;
      }
      return null;
    });
  }

  /** Text of the hover that has `within`, over the first place of `over` in the editor, with the number of its pictures. */
  async hover(over: string, within: string): Promise<{ text: string; pictures: number }> {
    const line = this.page.locator('.view-line', { hasText: `"${over}"` });
    const hover = this.page.locator('.monaco-hover-content', { hasText: within });
    await until(`the hover over "${over}"`, async () => {
      // Code lenses that come or go move the line from under the mouse: then it comes again.
      await this.page.mouse.move(0, 0);
      await line.getByText(over).first().hover({ timeout: 3000 });
      await hover.waitFor({ timeout: 3000 });
      return true;
    });
    return { text: (await hover.textContent()) ?? '', pictures: await hover.locator('img').count() };
  }

  notification(text: RegExp): Locator {
    return this.page.locator('.notification-toast, .notifications-center .notification-list-item', {
      hasText: text,
    });
  }
}
