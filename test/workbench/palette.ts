/** The command palette, used with the keyboard as people use it. */
import type { Page } from 'playwright-core';

export class CommandPalette {
  constructor(private readonly page: Page) {}

  /** Opens the palette, types a command's title and runs it. Fails when the palette does not offer it. */
  async run(title: string): Promise<void> {
    await this.#open(title);
    await this.#row(title).click({ timeout: 20_000 });
  }

  /** Takes an item of the list that a command has opened. */
  async choose(label: string): Promise<void> {
    await this.#input().fill(label);
    await this.#row(label).click({ timeout: 20_000 });
    await this.#input().waitFor({ state: 'hidden' });
  }

  /** Whether the palette offers a command now. Leaves it closed. */
  async offers(title: string): Promise<boolean> {
    await this.#open(title);
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows.first().waitFor();
    const offered = (await rows.filter({ hasText: title }).count()) > 0;
    await this.page.keyboard.press('Escape');
    await this.#input().waitFor({ state: 'hidden' });
    return offered;
  }

  #input() {
    return this.page.locator('.quick-input-widget input[type="text"]');
  }

  async #open(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.#input().waitFor();
    await this.#input().fill(`>${title}`);
  }

  #row(text: string) {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  }
}
