/** Texts of notifications. Pure. */

/**
 * The editor makes links of `[text](address)` in a notification, of commands too. What comes from files, models and
 * other machines must not become one.
 */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}
