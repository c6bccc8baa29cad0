/** The page that a webview starts from, with a content security policy that lets nothing else in. */
import { randomBytes } from 'node:crypto';

export interface WebviewPage {
  title: string;
  /** Addresses as the webview must ask for them (`asWebviewUri`). */
  scriptUri: string;
  styleUri: string;
  /** `webview.cspSource`: where the extension's own files come from. */
  cspSource: string;
  nonce: string;
  /** Of the page's texts: `en`, or what they are translated to. */
  language: string;
  /** English text to its translation, when there are translations. */
  translations?: Record<string, string>;
  /** What a page kept whose place this one takes. */
  state?: unknown;
}

/** 128 random bits, new for each page load: scripts without it do not run. */
export function createNonce(): string {
  return randomBytes(16).toString('base64url');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function contentSecurityPolicy(page: Pick<WebviewPage, 'cspSource' | 'nonce'>): string {
  return [
    `default-src 'none'`,
    `script-src 'nonce-${page.nonce}'`,
    // Style sheets come as files. Inline style attributes are what the chart and the toolkit set for
    // positions; of style blocks only the toolkit's probe for focus rings gets in, which knows the nonce.
    `style-src ${page.cspSource} 'nonce-${page.nonce}'`,
    `style-src-attr 'unsafe-inline'`,
    `img-src ${page.cspSource} data:`,
    `font-src ${page.cspSource}`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
}

/** Without translations for the editor's language the texts are English. */
export function pageLanguage(
  bundle: Record<string, string> | undefined,
  language: string,
): Pick<WebviewPage, 'language' | 'translations'> {
  return bundle ? { language, translations: bundle } : { language: 'en' };
}

/** An inert block of JSON, in which nothing can end the block. */
function jsonBlock(id: string, nonce: string, value: unknown): string {
  const json = JSON.stringify(value).replaceAll('<', '\\u003c');
  return `<script type="application/json" id="${id}" nonce="${nonce}">${json}</script>`;
}

function translationsBlock({ nonce, translations }: WebviewPage): string {
  return translations ? jsonBlock('l10n', nonce, translations) : '';
}

function stateBlock({ nonce, state }: WebviewPage): string {
  return state === undefined ? '' : jsonBlock('state', nonce, state);
}

export function webviewHtml(page: WebviewPage): string {
  return `<!DOCTYPE html>
<html lang="${escapeHtml(page.language)}">
<head>
  <meta charset="UTF-8">
  <meta http-equiv="Content-Security-Policy" content="${escapeHtml(contentSecurityPolicy(page))}">
  <meta property="csp-nonce" content="${page.nonce}">
  <meta name="viewport" content="width=device-width, initial-scale=1.0">
  <link rel="stylesheet" href="${escapeHtml(page.styleUri)}">
  <title>${escapeHtml(page.title)}</title>
</head>
<body>
  <div id="app"></div>
  ${translationsBlock(page)}
  ${stateBlock(page)}
  <script type="module" nonce="${page.nonce}" src="${escapeHtml(page.scriptUri)}"></script>
</body>
</html>`;
}
