import { expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import { KnownError } from '../../../src/errors.js';
import { UserError, userAction } from '../../../src/views/report.js';

const shown = vi.hoisted(() => [] as unknown[][]);
const warned = vi.hoisted(() => [] as unknown[][]);
vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  window: {
    showErrorMessage: async (...message: unknown[]) => {
      shown.push(message);
    },
    showWarningMessage: async (...message: unknown[]) => {
      warned.push(message);
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

test('an error of no known kind is a fault of the program; where it happened is in the log alone', async () => {
  shown.length = 0;
  const lines: string[] = [];
  const log = { error: (line: string) => lines.push(line) } as unknown as vscode.LogOutputChannel;
  await userAction(log, 'Start Training', () => {
    throw new TypeError("Cannot read properties of undefined (reading 'a')\n    at here (file.ts:1:2)");
  });
  const [[text] = []] = shown;
  expect(text).toMatch(
    /^Start Training: This is a fault of G2RL Lab: Cannot read .* Report it with this text/,
  );
  expect(text).not.toMatch(/file\.ts|report\.test/);
  expect(lines[0]).toContain('report.test');
});

test('what cannot be done now is a warning with its next step, and no error in the log', async () => {
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line) } as unknown as vscode.LogOutputChannel;
  await userAction(log, 'Start Training', () => {
    throw new UserError('This workspace has no experiment file.', { title: 'New Experiment', run: () => {} });
  });
  await userAction(log, 'Stop Training', () => {
    throw new UserError('No run is training.');
  });
  expect(warned).toEqual([
    ['Start Training: This workspace has no experiment file.', 'New Experiment'],
    ['Stop Training: No run is training.'],
  ]);
  expect(lines).toHaveLength(2);
});
