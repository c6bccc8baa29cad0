/** The explorer gives the editor what it reveals, also when a run appears just before. The real tree is in test/workbench. */
import { EventEmitter } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import type { WatchedRun } from '../../../src/views/run-feed.js';
import type { LibraryChange, RunLibrary } from '../../../src/views/run-library.js';
import { RunTree } from '../../../src/views/run-tree.js';
import { runOf } from './fixtures.js';

/** As the editor does it: what it was given it finds, and it asks for the root when it is told so. */
const editor = vi.hoisted(() => ({ known: [] as unknown[], stale: true, revealed: [] as unknown[] }));

vi.mock('vscode', async () => {
  const { EventEmitter: Emitter } = await import('node:events');
  return {
    l10n: { t: (text: string) => text },
    commands: { executeCommand: () => Promise.resolve() },
    EventEmitter: class {
      readonly #emitter = new Emitter();
      event = (listener: (value: unknown) => void) => {
        this.#emitter.on('event', listener);
        return { dispose: () => this.#emitter.off('event', listener) };
      };
      fire = (value: unknown) => this.#emitter.emit('event', value);
      dispose = () => this.#emitter.removeAllListeners();
    },
    window: {
      createTreeView: (_id: string, { treeDataProvider }: { treeDataProvider: RunTree }) => ({
        selection: [],
        visible: true,
        onDidChangeSelection: () => ({ dispose() {} }),
        dispose() {},
        async reveal(node: unknown) {
          if (editor.stale) editor.known = await treeDataProvider.getChildren();
          editor.stale = false;
          if (!editor.known.includes(node)) throw new Error('Cannot resolve tree item');
          editor.revealed.push(node);
        },
      }),
    },
  };
});

afterEach(() => {
  vi.useRealTimers();
});

test('a run that is revealed before the tree was painted again is found, and stays', async () => {
  vi.useFakeTimers();
  const changes = new EventEmitter();
  const runs: WatchedRun[] = [];
  const library: RunLibrary = {
    ready: Promise.resolve(),
    onDidChange: (listener) => {
      changes.on('change', listener);
      return { dispose() {} };
    },
    onDidChangeUnreadable: () => ({ dispose() {} }),
    runs: () => [...runs],
    run: (directory) => runs.find((run) => run.directory === directory),
    traits: () => [],
    unreadable: () => [],
    refresh: async () => {},
  };
  const add = (id: string) => {
    const run = { ...runOf({ id }), directory: `/runs/${id}` } as unknown as WatchedRun;
    runs.push(run);
    changes.emit('change', { kind: 'added', run } satisfies LibraryChange);
    return run;
  };
  const none = { onDidChange: () => ({ dispose() {} }), studies: () => [], study: () => undefined };
  const state = { get: () => undefined, update: () => Promise.resolve(), keys: () => [] };
  const tree = new RunTree(library, none as never, state as never, { error() {} } as never);
  tree.onDidChangeTreeData(() => {
    editor.stale = true;
  });
  add('20260101-000000-countdown-aaaa');
  await vi.advanceTimersByTimeAsync(1000);
  editor.known = await tree.getChildren();
  editor.stale = false;
  expect(editor.known).toHaveLength(1);
  await tree.reveal(add('20260101-000001-countdown-bbbb'));
  expect(editor.revealed).toHaveLength(1);
  // Where nobody reveals it, the next repaint gives it.
  add('20260101-000002-countdown-cccc');
  await tree.revealStudy('/none').catch(() => {});
  await vi.advanceTimersByTimeAsync(1000);
  expect(editor.stale).toBe(true);
  expect(await tree.getChildren()).toHaveLength(3);
  tree.dispose();
});
