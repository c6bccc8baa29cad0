import { homedir } from 'node:os';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { expandPath } from '../../../src/views/expand-path.js';
import { choosePython, chosenPython } from '../../../src/views/settings.js';

const editor = vi.hoisted(() => ({
  globalValue: undefined as string | undefined,
  workspaceValue: undefined as string | undefined,
}));

vi.mock('vscode', () => ({
  ConfigurationTarget: { Global: 'globalValue', Workspace: 'workspaceValue' },
  workspace: {
    workspaceFolders: [{ name: 'project', uri: { fsPath: '/work/project' } }],
    getConfiguration: () => ({
      get: (_key: string, otherwise: string) => editor.workspaceValue ?? editor.globalValue ?? otherwise,
      inspect: () => editor,
      update: (_key: string, value: string, target: 'globalValue' | 'workspaceValue') => {
        editor[target] = value;
      },
    }),
  },
}));

/** `${name}`, as settings have it. */
const variable = (name: string) => `\${${name}}`;

describe('a path in a setting', () => {
  const places = {
    home: '/home/someone',
    folders: [
      { name: 'first', path: '/work/first' },
      { name: 'second', path: '/work/$&second' },
    ],
  };

  it.each([
    ['/usr/bin/python3', '/usr/bin/python3'],
    ['~/venv/bin/python', '/home/someone/venv/bin/python'],
    ['~', '/home/someone'],
    ['~other/python', '~other/python'],
    ['/data/~/python', '/data/~/python'],
    [`${variable('workspaceFolder')}/.venv/bin/python`, '/work/first/.venv/bin/python'],
    [`${variable('workspaceFolder:second')}/python`, '/work/$&second/python'],
    [`${variable('workspaceFolder:third')}/python`, `${variable('workspaceFolder:third')}/python`],
    [`${variable('userHome')}/python`, '/home/someone/python'],
    ['', ''],
  ])('%s', (text, path) => {
    expect(expandPath(text, places)).toBe(path);
  });

  it('stays as it is without a folder', () => {
    expect(expandPath(`${variable('workspaceFolder')}/python`, { home: '/', folders: [] })).toBe(
      `${variable('workspaceFolder')}/python`,
    );
  });
});

describe('the setting g2rl.python', () => {
  beforeEach(() => {
    editor.globalValue = undefined;
    editor.workspaceValue = undefined;
  });

  it('is expanded', () => {
    editor.globalValue = ' ~/python ';
    expect(chosenPython()).toBe(`${homedir()}/python`);
    editor.globalValue = `${variable('workspaceFolder')}/python`;
    expect(chosenPython()).toBe('/work/project/python');
  });

  it('is written for all workspaces, unless this one has its own', async () => {
    await choosePython('/one');
    expect(editor).toEqual({ globalValue: '/one', workspaceValue: undefined });
    editor.workspaceValue = '/gone';
    await choosePython('/two');
    expect(editor).toEqual({ globalValue: '/one', workspaceValue: '/two' });
    expect(chosenPython()).toBe('/two');
  });
});
