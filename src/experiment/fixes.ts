/** Quick fixes of an experiment file: what each changes, and the text after it. Comments stay where they are. */
import { t } from '@vscode/l10n';
import {
  applyEdits,
  createScanner,
  type FormattingOptions,
  findNodeAtLocation,
  getNodeValue,
  type JSONPath,
  modify,
  type Node,
  parseTree,
} from 'jsonc-parser';
import type { FieldPath } from './field-path.js';

export type FixChange =
  | { kind: 'set'; path: FieldPath; value: unknown }
  | { kind: 'rename'; path: FieldPath; to: string }
  | { kind: 'move'; path: FieldPath; to: FieldPath }
  | { kind: 'remove'; path: FieldPath };

export interface QuickFix {
  /** What it does, as a menu says it. */
  title: string;
  change: FixChange;
}

const shown = (value: unknown): string => JSON.stringify(value);
const nameOf = (path: FieldPath): string => String(path.at(-1) ?? '');

export const setTo = (path: FieldPath, value: unknown): QuickFix => ({
  title: t('Set "{0}" to {1}', nameOf(path), shown(value)),
  change: { kind: 'set', path, value },
});

export const remove = (path: FieldPath): QuickFix => ({
  title: t('Remove "{0}"', nameOf(path)),
  change: { kind: 'remove', path },
});

export const rename = (path: FieldPath, to: string): QuickFix => ({
  title: t('Change "{0}" to "{1}"', nameOf(path), to),
  change: { kind: 'rename', path, to },
});

export const moveTo = (path: FieldPath, to: FieldPath): QuickFix => ({
  title: t('Move "{0}" to {1}', nameOf(path), to.join('.')),
  change: { kind: 'move', path, to },
});

/** The text after the change; null when the place is not in the text any more. */
export function applyFix(
  text: string,
  change: FixChange,
  formattingOptions: FormattingOptions,
): string | null {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const node = root && findNodeAtLocation(root, [...change.path]);
  const edited = (source: string, path: FieldPath, value: unknown): string | null => {
    try {
      return applyEdits(source, modify(source, path as JSONPath, value, { formattingOptions }));
    } catch {
      // The place is inside something that is not an object.
      return null;
    }
  };
  if (change.kind === 'set') return edited(text, change.path, change.value);
  if (!node) return null;
  if (change.kind === 'remove') return without(text, node);
  if (change.kind === 'move') {
    return edited(without(text, node), change.to, getNodeValue(node));
  }
  const key = node.parent?.children?.[0];
  if (!key) return null;
  return text.slice(0, key.offset) + JSON.stringify(change.to) + text.slice(key.offset + key.length);
}

/** Offset of the comma after `offset`, past blanks and comments; null when something else comes first. */
function commaAfter(text: string, offset: number): number | null {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const token = scanner.getTokenOffset();
  return text[token] === ',' ? token : null;
}

/** The text without a property or an entry of a list, its comma and, when it has lines of its own, these. */
function without(text: string, value: Node): string {
  const item = value.parent?.type === 'property' ? value.parent : value;
  const siblings = item.parent?.children ?? [];
  const previous = siblings[siblings.indexOf(item) - 1];
  let [start, end] = [item.offset, item.offset + item.length];
  let before = text.slice(0, start);
  const comma = commaAfter(text, end);
  if (comma !== null && text.slice(end, comma).trim() === '') end = comma + 1;
  else if (comma !== null) return text.slice(0, start) + text.slice(end, comma) + text.slice(comma + 1);
  else if (previous) {
    const separator = commaAfter(text, previous.offset + previous.length) ?? start;
    before = text.slice(0, separator) + text.slice(separator + 1, start);
  }
  const lineEnd = text.indexOf('\n', end);
  const rest = text.slice(end, lineEnd === -1 ? undefined : lineEnd);
  // A comment behind it is about it.
  const alone = /\n[ \t]*$/.test(before) && /^\s*(\/\/.*)?$/.test(rest) && lineEnd !== -1;
  start = alone ? before.lastIndexOf('\n') + 1 : before.length;
  const after = alone ? text.slice(lineEnd + 1) : text.slice(end).replace(/^ +/, '');
  return before.slice(0, start) + after;
}

/** The one place in which two texts differ, as an edit of the first. */
export function difference(before: string, after: string): { offset: number; length: number; text: string } {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { offset: start, length: before.length - end - start, text: after.slice(start, after.length - end) };
}
