import { describe, expect, it } from 'vitest';
import { parseWebviewMessage } from '../../../src/contract/message-guard.js';
import { MESSAGE_PROTOCOL } from '../../../src/contract/messages.js';
import {
  contentSecurityPolicy,
  createNonce,
  pageLanguage,
  webviewHtml,
} from '../../../src/views/webview-html.js';

describe('messages from a webview', () => {
  it.each([
    { type: 'ready', protocol: MESSAGE_PROTOCOL },
    { type: 'ask', id: 1, name: 'groups', args: { step: 0 } },
    { type: 'ask', id: 2, name: 'rollouts', args: { step: 7 } },
    { type: 'ask', id: 3, name: 'problem', args: { step: 7, benchmark: 'math500', id: '' } },
    { type: 'ask', id: 4, name: 'otherRuns', args: {} },
    { type: 'command', command: 'stop' },
    { type: 'painted', step: 3, time: 1.5 },
    { type: 'state', state: { run: 'r1', tab: 'rewards' } },
    { type: 'error', message: 'x' },
  ])('takes $type', (message) => {
    expect(parseWebviewMessage(message)).toEqual({ message });
  });

  it.each([
    null,
    'ready',
    [],
    {},
    { type: 'toString' },
    { type: '__proto__' },
    { type: 'ready', protocol: MESSAGE_PROTOCOL + 1 },
    { type: 'ready' },
    { type: 'ask', id: 1, name: 'groups', args: { step: -1 } },
    { type: 'ask', id: '1', name: 'groups', args: { step: 1 } },
    { type: 'ask', id: 1, name: 'rollouts', args: { step: 1.5 } },
    { type: 'ask', id: 1, name: 'rollouts', args: { step: '../../etc' } },
    { type: 'ask', id: 1, name: 'evaluation', args: { step: 1, benchmark: '' } },
    { type: 'ask', id: 1, name: 'evaluation', args: { step: 1, benchmark: 'x'.repeat(201) } },
    { type: 'ask', id: 1, name: 'problem', args: { step: 1, benchmark: 'b' } },
    { type: 'ask', id: 1, name: 'groups', args: Object.create({ step: 1 }) as object },
    { type: 'ask', id: 1, name: 'groups' },
    { type: 'ask', id: 1, name: 'toString', args: {} },
    { type: 'ask', id: 1, name: '__proto__', args: {} },
    { type: 'ask', id: 1, args: {} },
    { type: 'command', command: 'workbench.action.quit' },
    { type: 'command', command: 'constructor' },
    { type: 'painted', step: 1, time: Number.NaN },
    { type: 'state', state: { tab: 'rewards' } },
    { type: 'state', state: null },
    { type: 'error', message: {} },
  ])('refuses %j', (value) => {
    expect(parseWebviewMessage(value)).toHaveProperty('problem');
  });

  it('drops fields that nobody asked for and cuts long errors', () => {
    expect(parseWebviewMessage({ type: 'command', command: 'stop', extra: 1 })).toEqual({
      message: { type: 'command', command: 'stop' },
    });
    const question = { type: 'ask', id: 1, name: 'groups', args: { step: 1 } };
    expect(parseWebviewMessage({ ...question, extra: 1, args: { step: 1, path: '/etc' } })).toEqual({
      message: question,
    });
    const result = parseWebviewMessage({ type: 'error', message: 'x'.repeat(10_000) });
    expect('message' in result && result.message.type === 'error' && result.message.message.length).toBe(
      4000,
    );
  });
});

it('a refused question is named, so that its page need not wait', () => {
  const refused = parseWebviewMessage({ type: 'ask', id: 7, name: 'groups', args: { step: 'x' } });
  expect(refused).toEqual({ problem: 'The question "groups" needs a whole number as "step".', id: 7 });
  expect(parseWebviewMessage({ type: 'ask', id: 8, name: 'secrets', args: {} })).toMatchObject({ id: 8 });
});

describe('the page of a webview', () => {
  const page = {
    title: '<b>"run"</b>',
    scriptUri: 'https://host/dashboard.js?a&b',
    styleUri: 'https://host/dashboard.css',
    cspSource: 'https://*.host',
    nonce: createNonce(),
    language: 'en',
  };

  it('lets only its own script run', () => {
    const policy = contentSecurityPolicy(page);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'nonce-${page.nonce}'`);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|\*(?!\.host)/);
    expect(policy).not.toMatch(/connect-src|frame-src/);
  });

  it('has one script, with the nonce, and no inline code', () => {
    const html = webviewHtml(page);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain(`nonce="${page.nonce}" src="https://host/dashboard.js?a&#38;b"`);
    expect(html).not.toContain('<b>');
    expect(html).not.toMatch(/\son\w+=/);
  });

  it('has the texts of its language as data, which cannot end the block they are in', () => {
    const texts = { 'Step {0}': '</script><script>alert(1)</script>' };
    const html = webviewHtml({ ...page, ...pageLanguage(texts, 'de') });
    expect(html).toContain('<html lang="de">');
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    const [, json] = /<script type="application\/json" id="l10n"[^>]*>(.*)<\/script>\n/.exec(html)!;
    expect(JSON.parse(json!)).toEqual(texts);
    expect(webviewHtml({ ...page, ...pageLanguage(undefined, 'fr') })).toContain('<html lang="en">');
  });

  it('never uses a nonce twice', () => {
    const nonces = new Set(Array.from({ length: 100 }, createNonce));
    expect(nonces.size).toBe(100);
    for (const nonce of nonces) expect(nonce).toMatch(/^[\w-]{22}$/);
  });
});
