import { beforeEach, expect, test, vi } from 'vitest';
import { uiOf } from '../../../src/commands/editor.js';
import type { Services } from '../../../src/commands/services.js';

const editor = vi.hoisted(() => ({
  answer: undefined as string | undefined,
  seen: [] as unknown[],
  cancel: () => {},
}));

vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  window: {
    showWarningMessage: async (...message: unknown[]) => {
      editor.seen.push(message);
      return editor.answer;
    },
    setStatusBarMessage: (text: string) => editor.seen.push(text),
    withProgress: (options: unknown, work: (progress: unknown, token: unknown) => unknown) => {
      editor.seen.push(options);
      const onCancellationRequested = (cancel: () => void) => {
        editor.cancel = cancel;
        return { dispose: () => {} };
      };
      return work({ report: (step: unknown) => editor.seen.push(step) }, { onCancellationRequested });
    },
  },
}));

const lines: string[] = [];
const ui = uiOf({ log: { info: (line: string) => lines.push(line) } } as unknown as Services);

beforeEach(() => {
  editor.seen = [];
  lines.length = 0;
});

test('a question is modal; closing it is a no', async () => {
  expect(await ui.confirm('Start?', 'It is slow.', 'Start Anyway')).toBe(false);
  editor.answer = 'Start Anyway';
  expect(await ui.confirm('Start?', 'It is slow.', 'Start Anyway')).toBe(true);
  expect(editor.seen[1]).toEqual(['Start?', { modal: true, detail: 'It is slow.' }, 'Start Anyway']);
});

test('progress moves by shares, stages are logged, and Cancel aborts', async () => {
  const aborted = await ui.progress({ title: 'Evaluating', cancellable: true }, async (report, signal) => {
    report({ message: 'downloading' });
    report({ message: '1/4 problems', share: 0.25 });
    report({ message: '3/4 problems', share: 0.75 });
    editor.cancel();
    return signal.aborted;
  });
  expect(aborted).toBe(true);
  expect(editor.seen).toEqual([
    { location: 15, title: 'Evaluating', cancellable: true },
    { message: 'downloading', increment: 0 },
    { message: '1/4 problems', increment: 25 },
    { message: '3/4 problems', increment: 50 },
  ]);
  expect(lines).toEqual(['Evaluating: downloading']);
});
