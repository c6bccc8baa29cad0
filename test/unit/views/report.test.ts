import { expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import { KnownError } from '../../../src/errors.js';
import { userAction } from '../../../src/views/report.js';

const shown = vi.hoisted(() => [] as unknown[][]);
vi.mock('vscode', () => ({
  window: {
    showErrorMessage: async (...message: unknown[]) => {
      shown.push(message);
    },
  },
}));

test('an error that quotes a file makes no link in its notification; the log has it as it is', async () => {
  const lines: string[] = [];
  const log = { error: (line: string) => lines.push(line) } as unknown as vscode.LogOutputChannel;
  const quoted = 'line 3: "[Fix it](command:workbench.action.quit)" is no number.';
  await userAction(log, 'Start Training', () => {
    throw new KnownError(quoted, 'Correct it.');
  });
  expect(shown).toEqual([
    [
      'Start Training: line 3: "[Fix it] (command:workbench.action.quit)" is no number. Correct it.',
      'Show Extension Log',
    ],
  ]);
  expect(lines[0]).toContain(quoted);
});
