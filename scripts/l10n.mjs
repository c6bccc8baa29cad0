/**
 * The texts for people, for translation: writes media/l10n/bundle.l10n.json from the sources and moves the texts of
 * package.json to package.nls.json. Prints the texts that a language lacks as JSON, ready to be filled in.
 * `--add FILE` takes that JSON, filled in, into the German texts.
 * `--check` writes nothing and fails on what is out of date, missing, superfluous or has other placeholders.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { manifestTexts, textsOf, translationProblems } from './lib/l10n.mjs';
import { root } from './lib/paths.mjs';

const languages = ['de'];
const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, add: { type: 'string' } },
});
const { check } = values;
const added = values.add ? JSON.parse(readFileSync(values.add, 'utf8')) : {};
const problems = [];

const text = (value) => `${JSON.stringify(value, null, 2)}\n`;
const sorted = (record) =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

function readJson(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

function keep(file, value) {
  const before = readJson(file);
  if (JSON.stringify(before) === JSON.stringify(value)) return;
  if (check) problems.push(`${file} is out of date: run node scripts/l10n.mjs`);
  else writeFileSync(join(root, file), text(value));
}

/** The translations that still apply are kept in order; what is missing is printed. */
function translate(texts, fileOf) {
  for (const language of languages) {
    const file = fileOf(language);
    const translated = { ...readJson(file), ...added };
    if (check) {
      problems.push(...translationProblems(texts, translated, file));
      continue;
    }
    keep(
      file,
      Object.fromEntries(
        Object.keys(texts).flatMap((key) => (translated[key] ? [[key, translated[key]]] : [])),
      ),
    );
    problems.push(
      ...translationProblems(texts, readJson(file), file).filter((line) => !line.includes(' lacks ')),
    );
    const missing = Object.entries(texts).filter(([key]) => !translated[key]);
    if (missing.length > 0)
      console.log(`${file} lacks ${missing.length}:\n${text(Object.fromEntries(missing))}`);
  }
}

const sources = globSync(['src/**/*.ts', 'webview/src/**/*.{ts,svelte}'], { cwd: root }).sort();
const bundle = {};
for (const file of sources) {
  const found = textsOf(file, readFileSync(join(root, file), 'utf8'));
  problems.push(...found.problems);
  for (const key of found.texts) bundle[key] = key;
}
keep('media/l10n/bundle.l10n.json', sorted(bundle));
translate(sorted(bundle), (language) => `media/l10n/bundle.l10n.${language}.json`);

const { manifest, texts } = manifestTexts(readJson('package.json'), readJson('package.nls.json'));
keep('package.json', manifest);
keep('package.nls.json', texts);
for (const [key, value] of Object.entries(texts)) {
  if (!value) problems.push(`package.nls.json lacks ${JSON.stringify(key)}`);
}
translate(texts, (language) => `package.nls.${language}.json`);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
