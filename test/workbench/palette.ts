/** The command palette, used with the keyboard as people use it. */
import type { Page } from 'playwright-core';
import { until } from './until.js';

export class CommandPalette {
  constructor(private readonly page: Page) {}

  /**
   * Opens the palette, types a command's title and runs it. An open palette does not learn of commands that come to
   * apply, so it is opened again until it offers this one, at most for a minute.
   */
  async run(title: string): Promise<void> {
    await until(`the palette to offer "${title}"`, () => this.#tryRun(title));
  }

  /** Takes an item of the list that a command has opened. */
  async choose(label: string): Promise<void> {
    await this.#input().fill(label);
    await this.#row(label).click({ timeout: 20_000 });
    await this.#input().waitFor({ state: 'hidden' });
  }

  /** Whether the palette offers a command now. Leaves it closed. */
  async offers(title: string): Promise<boolean> {
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await until('the palette to list commands', async () => {
      if (!(await this.#open(title))) return false;
      await rows.first().waitFor({ timeout: 3000 });
      return true;
    });
    const offered = (await rows.filter({ hasText: title }).count()) > 0;
    await this.page.keyboard.press('Escape');
    await this.#input().waitFor({ state: 'hidden' });
    return offered;
  }

  async #tryRun(title: string): Promise<boolean> {
    if (!(await this.#open(title))) return false;
    try {
      await this.#row(title).click({ timeout: 5000 });
      return true;
    } catch {
      await this.page.keyboard.press('Escape');
      return false;
    }
  }

  #input() {
    return this.page.locator('.quick-input-widget input[type="text"]');
  }

  /** Opens the palette and types; false if it was closed meanwhile: a view that has just loaded may take the focus. */
  async #open(title: string): Promise<boolean> {
    await this.page.keyboard.press('F1');
    try {
      await this.#input().waitFor({ timeout: 3000 });
      await this.#input().fill(`>${title}`, { timeout: 3000 });
      return true;
    } catch {
      return false;
    }
  }

  #row(text: string) {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  }
}
