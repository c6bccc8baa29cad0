/** The shipped example as a file of someone's own. Pure. */
import { findNodeAtLocation, parseTree } from 'jsonc-parser';

/**
 * Without `$schema`: in the repository it leads to the schema's file, in a workspace the editor knows the schema
 * by the file's name. Everything else stays as it is, the comments too, which an edit of the value would not
 * leave alone.
 */
export function experimentFromTemplate(template: string): string {
  const root = parseTree(template);
  const property = root && findNodeAtLocation(root, ['$schema'])?.parent;
  if (!property) return template;
  const before = template.slice(0, property.offset).replace(/[ \t]*$/, '');
  const after = template.slice(property.offset + property.length).replace(/^\s*,[ \t]*\r?\n?/, '');
  return before + after;
}
