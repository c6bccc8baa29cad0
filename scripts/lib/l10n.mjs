/**
 * Which texts for people the sources have: the first arguments of `t('…')` and `l10n.t('…')`, where `t` comes from
 * `@vscode/l10n` or from `lib/l10n.js` of the pages, and `l10n` from `vscode`. Of a Svelte file its compiled form.
 */
import { compile } from 'svelte/compiler';
import ts from 'typescript';

/**
 * @param {string} file
 * @param {string} source
 * @returns {{ texts: string[], problems: string[] }}
 */
export function textsOf(file, source) {
  const svelte = file.endsWith('.svelte');
  const code = svelte ? compile(source, { filename: file, generate: 'client' }).js.code : source;
  const tree = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  const names = importedNames(tree);
  const texts = [];
  const problems = [];
  if (names.size === 0) return { texts, problems };

  /** @param {ts.Node} node @param {boolean} inFunction */
  const visit = (node, inFunction) => {
    const called = ts.isCallExpression(node) && names.get(node.expression.getText(tree));
    if (called) {
      const line = svelte ? '' : `:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
      const [first, ...rest] = node.arguments;
      if (!first || !ts.isStringLiteralLike(first)) {
        problems.push(`${file}${line}: only a text as it stands can be translated: ${node.getText(tree)}`);
      } else {
        texts.push(first.text);
        const wrong = wrongArguments(first.text, rest);
        if (wrong) problems.push(`${file}${line}: ${wrong}: ${JSON.stringify(first.text)}`);
      }
      // Modules are evaluated before the language is known.
      if (called === '@vscode/l10n' && !inFunction) {
        problems.push(`${file}${line}: a text at the top of a module is never translated`);
      }
    }
    ts.forEachChild(node, (child) => visit(child, inFunction || runsLater(node)));
  };
  visit(tree, false);
  return { texts, problems };
}

const runsLater = (node) =>
  ts.isFunctionLike(node) ||
  (ts.isPropertyDeclaration(node) &&
    !node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword));

/** What the translating function is called in a file, and where it comes from. */
function importedNames(tree) {
  const imports = tree.statements.filter(ts.isImportDeclaration);
  return new Map(
    imports.flatMap(({ moduleSpecifier, importClause }) => {
      const from = moduleSpecifier.text;
      return namesOf(importClause?.namedBindings, from).map((name) => [name, from]);
    }),
  );
}

function namesOf(bindings, from) {
  if (!bindings) return [];
  if (ts.isNamespaceImport(bindings)) return from === 'vscode' ? [`${bindings.name.text}.l10n.t`] : [];
  return bindings.elements.flatMap(({ name, propertyName }) => {
    const imported = (propertyName ?? name).text;
    if (imported === 'l10n' && from === 'vscode') return [`${name.text}.t`];
    const translates = from === '@vscode/l10n' || from.endsWith('/l10n.js');
    return imported === 't' && translates ? [name.text] : [];
  });
}

/** Numbered placeholders need that many arguments, and no more. */
function wrongArguments(text, given) {
  if (given.some((argument) => ts.isSpreadElement(argument) || ts.isObjectLiteralExpression(argument)))
    return null;
  const numbers = placeholders(text).map((name) => Number(name.slice(1, -1)));
  const needed = numbers.length > 0 ? Math.max(...numbers) + 1 : 0;
  return needed === given.length ? null : `takes ${needed} values and is given ${given.length}`;
}

/** `{0}`, and what else must be the same in every language: what commands and settings are called, and code. */
function placeholders(text) {
  return [...new Set(text.match(/\{\w+\}/g))].sort();
}

const fixedParts = /\{\w+\}|\]\([^)]*\)|`[^`]*`|\$\([\w~-]+\)/g;

/**
 * What is wrong with a translation.
 * @param {Record<string, string>} texts key to English text
 * @param {Record<string, string>} translated key to translated text
 * @param {string} name of the file with the translations
 */
export function translationProblems(texts, translated, name) {
  const problems = [];
  for (const [key, text] of Object.entries(texts)) {
    const other = translated[key];
    if (!other) problems.push(`${name} lacks ${JSON.stringify(key)}`);
    else if (fixed(text) !== fixed(other)) {
      problems.push(`${name}: ${JSON.stringify(other)} has ${fixed(other) || 'nothing'} for ${fixed(text)}`);
    }
  }
  for (const key of Object.keys(translated)) {
    if (!(key in texts)) problems.push(`${name} has what no source says: ${JSON.stringify(key)}`);
  }
  return problems;
}

const fixed = (text) => [...new Set(text.match(fixedParts))].sort().join(' ');

/** Fields of package.json that the editor shows. */
const shownFields = new Set([
  'title',
  'altText',
  'shortTitle',
  'description',
  'markdownDescription',
  'enumDescriptions',
  'markdownEnumDescriptions',
  'deprecationMessage',
  'contents',
  'name',
  'label',
  'category',
  'contextualTitle',
]);
/** What is called the same in every language. */
const properNames = new Set(['G2RL', 'G2RL Lab']);

/**
 * The manifest with every shown text replaced by the key of its text, and the texts. Keys that are there stay.
 * @param {object} manifest
 * @param {Record<string, string>} known texts of the keys that the manifest has already
 */
export function manifestTexts(manifest, known) {
  const texts = {};
  const moved = [];
  const walk = (value, path, shown) => {
    if (typeof value === 'string') return shown ? keyed(value, path) : value;
    if (Array.isArray(value))
      return value.map((item, index) => walk(item, [...path, nameOf(item, index)], shown));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([field, item]) => [
        field,
        walk(item, [...path, field], shownFields.has(field) && path.at(-1) !== 'properties'),
      ]),
    );
  };
  const keyed = (value, path) => {
    if (properNames.has(value)) return value;
    const key = /^%(.+)%$/.exec(value)?.[1];
    if (key) {
      texts[key] = known[key] ?? '';
      return value;
    }
    let free = path.join('.');
    while (free in texts || (free in known && known[free] !== value)) free += "'";
    texts[free] = value;
    moved.push(free);
    return `%${free}%`;
  };
  const { contributes, capabilities, description } = manifest;
  const result = {
    ...manifest,
    description: keyed(description, ['description']),
    capabilities: walk(capabilities, [], false),
    contributes: walk(contributes, [], false),
  };
  return { manifest: result, texts, moved };
}

/** An element of a list goes by its own name, so that a key stays when others are added. */
function nameOf(item, index) {
  return String(item?.command ?? item?.id ?? (item?.view ? `${item.view}.${index + 1}` : index + 1));
}
