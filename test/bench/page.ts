/** A real page of the extension in a browser, with a host that answers here. */
import { join } from 'node:path';
import { chromium, type JSHandle, type Page } from 'playwright';
import { browserPath } from '../../scripts/lib/debian.mjs';
import { webviewHtml } from '../../src/views/webview-html.js';

/** Of a page, as far as the host sees it. */
interface Window {
  postMessage(message: unknown, target: string): void;
}

export interface HostedPage {
  page: Page;
  post(message: unknown): void;
  /** As JSON, which is how the editor sends what has no arrays of numbers. */
  postText(json: string): void;
}

const types = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };

/**
 * Opens the page and gives it to `work`, then closes it.
 * @param entry a page of `webview/src`
 * @param begin called when the browser is there, before the page is loaded
 * @param receive what the page sends; the first message is that it is ready
 */
export async function withPage<Result>(
  entry: string,
  begin: () => void | Promise<void>,
  receive: (message: unknown, page: HostedPage) => void | Promise<void>,
  work: (page: HostedPage) => Promise<Result>,
): Promise<Result> {
  const executablePath = browserPath();
  const browser = await chromium.launch(executablePath ? { executablePath } : {});
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const origin = 'http://page.test';
    await page.route(`${origin}/**`, async (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === '') await route.fulfill({ contentType: 'text/html', body: html(origin, entry) });
      else {
        const contentType = types[name.split('.').at(-1) as keyof typeof types] ?? 'text/plain';
        await route.fulfill({ contentType, path: join('dist/webview', name) });
      }
    });
    let window: JSHandle<Window> | undefined;
    const hosted: HostedPage = {
      page,
      post: (message) => {
        // The browser may be closed while something is on its way.
        window?.evaluate((itself, sent) => itself.postMessage(sent, '*'), message).catch(() => {});
      },
      postText: (json) => {
        window?.evaluate((itself, sent) => itself.postMessage(JSON.parse(sent), '*'), json).catch(() => {});
      },
    };
    await page.exposeFunction('toHost', async (value: unknown) => {
      window ??= await page.evaluateHandle<Window>('window');
      await receive(value, hosted);
    });
    await page.addInitScript(
      'acquireVsCodeApi = () => ({ postMessage: (sent) => toHost(sent), getState() {}, setState() {} })',
    );
    await begin();
    await page.goto(`${origin}/`);
    return await work(hosted);
  } finally {
    await browser.close();
  }
}

function html(origin: string, entry: string): string {
  return webviewHtml({
    ...{ title: entry, nonce: 'bench', language: 'en', cspSource: origin },
    scriptUri: `${origin}/${entry}.js`,
    styleUri: `${origin}/webview.css`,
  });
}

/** Bytes of typed arrays in a message, which are sent as they are. */
export function arrayBytes(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, item: unknown) => sum + arrayBytes(item), 0);
}
