/** Texts and counts of a page in the language that it was loaded with. */
import { expect, test, vi } from 'vitest';

test('texts are translated and counts grouped as the page says; without a page they are English', async () => {
  const english = await import('../../../webview/src/lib/l10n.js');
  expect([english.t('Step {0}', 3), english.formatCount(12_000)]).toEqual(['Step 3', '12,000']);

  vi.resetModules();
  const translations = { textContent: JSON.stringify({ 'Step {0}': 'Schritt {0}' }) };
  vi.stubGlobal('document', {
    documentElement: { lang: 'de' },
    getElementById: (id: string) => (id === 'l10n' ? translations : null),
  });
  const german = await import('../../../webview/src/lib/l10n.js');
  expect(german.t('Step {0}', 3)).toBe('Schritt 3');
  expect(german.formatCount(12_000)).toBe('12.000');
  vi.unstubAllGlobals();
});
