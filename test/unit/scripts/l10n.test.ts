/** What is found for translation, and what is wrong with a translation. */
import { expect, test } from 'vitest';
import { manifestTexts, textsOf, translationProblems } from '../../../scripts/lib/l10n.mjs';

test('texts are found whatever the function is called, and only those', () => {
  const source = `
    import * as code from 'vscode';
    import { t as say } from '@vscode/l10n';
    import { l10n } from 'vscode';
    const t = (x: string) => x;
    export const f = () => [code.l10n.t('One'), say('Two {0}', 2), l10n.t('Three'), t('not this')];
  `;
  expect(textsOf('a.ts', source)).toEqual({ texts: ['One', 'Two {0}', 'Three'], problems: [] });
});

test('texts of a page are found in its script, its markup and its attributes', () => {
  const source = `
    <script lang="ts">
      import { t } from '../lib/l10n.js';
      let { step }: { step: number } = $props();
      const title = $derived(t('Step {0}', step));
    </script>
    <h1 aria-label={t('Label')} {title}>{step > 0 ? t('Some') : t('None')}</h1>
    {#if step}<p>{t('Shown')} {t("It's")}</p>{/if}
  `;
  const { texts, problems } = textsOf('A.svelte', source);
  expect(problems).toEqual([]);
  expect(texts.toSorted()).toEqual(["It's", 'Label', 'None', 'Shown', 'Some', 'Step {0}']);
});

test.each([
  ['t(text)', 'only a text as it stands'],
  ["t('Step ' + 1)", 'only a text as it stands'],
  ["t('Step {0}')", 'takes 1 values and is given 0'],
  ["t('Step', 3)", 'takes 0 values and is given 1'],
])('%s is refused', (call, problem) => {
  const { problems } = textsOf('a.ts', `import { t } from '@vscode/l10n';\nexport const f = () => ${call};`);
  expect(problems).toEqual([expect.stringContaining(problem)]);
  expect(problems[0]).toMatch(/^a\.ts:2: /);
});

test('a shared text that is asked for before the language is known is refused', () => {
  const at = (code: string) => textsOf('a.ts', `import { t } from '@vscode/l10n';\n${code}`).problems;
  expect(at("export const table = { a: t('One') };")).toHaveLength(1);
  expect(at("export class A { static b = t('One'); }")).toHaveLength(1);
  expect(at("export class A { b = t('One'); }")).toHaveLength(0);
});

test('a translation lacks nothing, has nothing more, and keeps placeholders, links and code', () => {
  const problems = (english: string, german: string) =>
    translationProblems({ a: english }, { a: german }, 'de.json');
  expect(problems('Step {0} of {1}', 'Schritt {0} von {1}')).toEqual([]);
  expect(problems('Step {0} of {1}', 'Von {1} Schritt {0}')).toEqual([]);
  expect(problems('Step {0} of {1}', 'Schritt {0} von {0}')).toHaveLength(1);
  expect(problems('[Open](command:a.b)', '[Öffnen](command:a.c)')).toHaveLength(1);
  expect(problems('The `a` of it', 'Das a davon')).toHaveLength(1);
  expect(problems('One', '')).toEqual(['de.json lacks "a"']);
  expect(translationProblems({}, { b: 'Zwei' }, 'de.json')).toHaveLength(1);
});

test('texts of the manifest move to its file of texts, each once, under a lasting name', () => {
  const manifest = {
    description: 'What it is',
    contributes: {
      commands: [
        { command: 'g2rl.a', title: 'Do A', category: 'G2RL' },
        { command: 'g2rl.b', title: '%commands.g2rl.b.title%' },
      ],
      configuration: {
        properties: { 'g2rl.title': { default: 'x', enumDescriptions: ['First', 'Second'] } },
      },
    },
  };
  const first = manifestTexts(manifest, { 'commands.g2rl.b.title': 'Do B' });
  expect(first.texts).toEqual({
    description: 'What it is',
    'commands.g2rl.a.title': 'Do A',
    'commands.g2rl.b.title': 'Do B',
    'configuration.properties.g2rl.title.enumDescriptions.1': 'First',
    'configuration.properties.g2rl.title.enumDescriptions.2': 'Second',
  });
  expect(JSON.stringify(first.manifest)).toContain('"title":"%commands.g2rl.a.title%","category":"G2RL"');
  const again = manifestTexts(first.manifest, first.texts);
  expect(again).toEqual({ ...first, moved: [] });
});
