/** A page of `dist/webview` in a browser, as the editor would show it. */
import { join } from 'node:path';
import { type Browser, chromium, type JSHandle, type Page } from 'playwright';
import { browserPath } from '../../scripts/lib/debian.mjs';
import { webviewHtml } from '../../src/views/webview-html.js';

/** Of a page, as far as the host sees it. */
interface Window {
  postMessage(message: unknown, target: string): void;
}

const origin = 'http://page.test';
const types = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };

export class BuiltPage {
  #window: JSHandle<Window> | undefined;

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {}

  /** @param receive gets what the page says */
  static async open(entry: string, receive: (message: unknown) => void): Promise<BuiltPage> {
    const executablePath = browserPath();
    const browser = await chromium.launch(executablePath ? { executablePath } : {});
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const built = new BuiltPage(browser, page);
    await page.route(`${origin}/**`, async (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === '') await route.fulfill({ contentType: 'text/html', body: html(entry) });
      else {
        const contentType = types[name.split('.').at(-1) as keyof typeof types] ?? 'text/plain';
        await route.fulfill({ contentType, path: join('dist/webview', name) });
      }
    });
    await page.exposeFunction('toHost', async (value: unknown) => {
      built.#window ??= await page.evaluateHandle<Window>('window');
      receive(value);
    });
    await page.addInitScript(
      'acquireVsCodeApi = () => ({ postMessage: (sent) => toHost(sent), getState() {}, setState() {} })',
    );
    return built;
  }

  async load(): Promise<void> {
    await this.page.goto(`${origin}/`);
  }

  post(message: unknown): void {
    // The browser may be closed while something is on its way.
    this.#window?.evaluate((itself, sent) => itself.postMessage(sent, '*'), message).catch(() => {});
  }

  /** As JSON, which is how the editor sends what has no arrays of numbers. */
  postText(text: string): void {
    this.#window?.evaluate((itself, sent) => itself.postMessage(JSON.parse(sent), '*'), text).catch(() => {});
  }

  /** Resolves when what was changed is on the screen. */
  async painted(): Promise<void> {
    await this.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
    );
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

function html(entry: string): string {
  return webviewHtml({
    ...{ title: entry, nonce: 'bench', language: 'en', cspSource: origin },
    scriptUri: `${origin}/${entry}.js`,
    styleUri: `${origin}/webview.css`,
  });
}
