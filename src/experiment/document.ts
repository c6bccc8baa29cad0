/** The experiment file as text: parsing JSON with comments, and finding fields in it again. */
import { t } from '@vscode/l10n';
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { type FieldPath, formatPath } from './field-path.js';
import type { QuickFix } from './fixes.js';
import type { ExperimentProblem } from './problems.js';

const syntaxMessages = (): Readonly<Record<string, string>> => ({
  InvalidSymbol: t('this is not a JSON value; strings need double quotes'),
  InvalidNumberFormat: t('this is not a number'),
  PropertyNameExpected: t('a property name in double quotes is expected here'),
  ValueExpected: t('a value is expected here'),
  ColonExpected: t('a ":" is expected here'),
  CommaExpected: t('a "," is expected here'),
  CloseBraceExpected: t('a "}" is missing here'),
  CloseBracketExpected: t('a "]" is missing here'),
  EndOfFileExpected: t('the file should end here'),
  UnexpectedEndOfComment: t('this comment is not closed'),
  UnexpectedEndOfString: t('this string is not closed; a double quote is missing'),
  InvalidCharacter: t('this character is not allowed here'),
});

export class ExperimentDocument {
  readonly #lineStarts: number[] = [0];
  readonly #root: Node | undefined;
  readonly #errors: ParseError[] = [];
  readonly #text: string;

  constructor(
    text: string,
    readonly file: string,
  ) {
    // A byte order mark is what some Windows editors put first; it means nothing.
    this.#text = text.replace(/^\uFEFF/, '');
    for (let i = this.#text.indexOf('\n'); i !== -1; i = this.#text.indexOf('\n', i + 1)) {
      this.#lineStarts.push(i + 1);
    }
    this.#root = parseTree(this.#text, this.#errors, { allowTrailingComma: true });
  }

  /** The file's value; meaningful only when there are no syntax problems. */
  value(): unknown {
    return this.#root && getNodeValue(this.#root);
  }

  /** @param least what to write into an empty file */
  syntaxProblems(least: string): ExperimentProblem[] {
    if (this.#text.trim() === '') return [this.problem([], t('the file is empty'), least)];
    const messages = syntaxMessages();
    return this.#errors.map(({ error, offset, length }) => ({
      ...this.#place(offset, length),
      path: '',
      message: t('not valid JSON: {0}', messages[printParseErrorCode(error)] ?? t('this cannot be read')),
      hint: '',
      origin: 'file',
      ofJson: true,
    }));
  }

  /** Names written twice in one object, of which only the last would count. */
  duplicateKeys(): ExperimentProblem[] {
    const found: ExperimentProblem[] = [];
    const visit = (node: Node, path: FieldPath): void => {
      const seen = new Set<string>();
      node.children?.forEach((child, i) => {
        if (node.type === 'array') visit(child, [...path, i]);
        if (node.type !== 'object') return;
        const [key, value] = child.children ?? [];
        const name = String(key?.value);
        const childPath = [...path, name];
        if (key && seen.has(name)) {
          const field = formatPath(childPath);
          found.push({
            ...this.#place(key.offset, key.length),
            path: field,
            message: t('{0}: written twice', field),
            hint: t('Keep one of them.'),
            origin: 'file',
            ofJson: true,
          });
        }
        seen.add(name);
        if (value) visit(value, childPath);
      });
    };
    if (this.#root) visit(this.#root, []);
    return found;
  }

  /** A problem with the value at `path`, or with its key. Falls back to the nearest thing that is in the file. */
  problem(
    path: FieldPath,
    message: string,
    hint = '',
    { at = 'value', fixes = [] }: { at?: 'key' | 'value' | 'property'; fixes?: readonly QuickFix[] } = {},
  ): ExperimentProblem {
    const node = this.#nearest(path);
    const property = node?.parent?.type === 'property' ? node.parent : node;
    const target = at === 'value' ? node : at === 'key' ? (property?.children?.[0] ?? node) : property;
    return {
      ...this.#place(target?.offset ?? 0, path.length === 0 ? 0 : (target?.length ?? 0)),
      path: formatPath(path),
      message,
      hint,
      origin: 'file',
      ...(fixes.length > 0 && { fixes }),
    };
  }

  #nearest(path: FieldPath): Node | undefined {
    if (!this.#root) return undefined;
    for (let length = path.length; length > 0; length--) {
      const node = findNodeAtLocation(this.#root, path.slice(0, length));
      if (node) return node;
    }
    return this.#root;
  }

  #place(offset: number, length: number) {
    let line = this.#lineStarts.findLastIndex((start) => start <= offset);
    if (line < 0) line = 0;
    return { file: this.file, line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) + 1, length };
  }
}
