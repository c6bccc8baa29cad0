/** A path in a setting, as people write it: `~/python` or `${workspaceFolder}/.venv/bin/python`. */

export interface Places {
  home: string;
  /** Folders of the workspace, the first one first. */
  folders: readonly { name: string; path: string }[];
}

/** What cannot be expanded stays, so that a message about the path shows it. */
export function expandPath(text: string, { home, folders }: Places): string {
  return text
    .replace(/^~(?=[/\\]|$)/, () => home)
    .replace(/\$\{userHome\}/g, () => home)
    .replace(/\$\{workspaceFolder(?::([^}]*))?\}/g, (variable, name: string | undefined) => {
      const folder = name === undefined ? folders[0] : folders.find((one) => one.name === name);
      return folder?.path ?? variable;
    });
}
