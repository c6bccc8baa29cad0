/** The command palette, used with the keyboard as people use it. */
import type { Page } from 'playwright-core';

export class CommandPalette {
  constructor(private readonly page: Page) {}

  /** Opens the palette, types a command's title and runs it. Fails when the palette does not offer it. */
  async run(title: string): Promise<void> {
    const row = await this.#find(title);
    await row.click();
    await this.#input()
      .waitFor({ state: 'hidden' })
      .catch(() => undefined);
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

  async #find(title: string) {
    await this.#open(title);
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
    await row.waitFor({ timeout: 20_000 });
    return row;
  }
}
