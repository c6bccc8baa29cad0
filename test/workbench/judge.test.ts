/** The judge as people meet it: tried in the editor, marked in a response, and asked again for an old score. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { importResults } from '../../src/actions/results/import-results.js';
import { JUDGE } from '../../src/answers/identity.js';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  EditorWindow,
  judgeFrame,
  startEditor,
  type Theme,
  themes,
  until,
  violations,
  type Workspace,
  type WrittenRun,
  writeRuns,
} from './index.js';

let workspace: Workspace;
let run: WrittenRun;
let editor: Editor;
let palette: CommandPalette;

type Line = Record<string, unknown>;
const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const writeLines = (file: string, lines: readonly Line[]) =>
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

/** A score of an older judge, which refused 0.5 for 1/2. */
async function writeOldScore({ directory }: WrittenRun): Promise<void> {
  const file = join(workspace.folder, 'sums.jsonl');
  const responses = ['Half of it: $\\boxed{0.5}$.', 'The answer is 3.'];
  writeLines(file, [{ id: 'a', problem: 'How much?', answer: '1/2', responses }]);
  const [record] = await importResults(directory, { files: [file], step: 5, problems: null, kind: null });
  const judge = { name: JUDGE.name, version: JUDGE.version - 1 };
  const kept = join(directory, String(record!.samples_file));
  const [header, problem] = linesOf(kept) as [Line, Line];
  const refused = (problem.responses as Line[]).map((one) => ({ ...one, correct: false }));
  writeLines(kept, [
    { evaluation: { ...(header.evaluation as Line), judge } },
    { ...problem, correct: 0, majority: 0, responses: refused },
  ]);
  writeLines(join(directory, 'benchmarks.jsonl'), [{ ...record, pass_at_1: 0, judge }]);
}

beforeAll(async () => {
  workspace = await createWorkspace();
  const [written] = await writeRuns(join(workspace.folder, '.g2rl/runs'), 1);
  run = written!;
  await writeOldScore(run);
  editor = await startEditor({ folder: workspace.folder });
  palette = new CommandPalette(editor.page);
  await new EditorWindow(editor.page).showRuns();
});
afterAll(async () => {
  await editor?.close();
  await workspace?.remove();
});
beforeEach((context) =>
  context.onTestFailed(async () => {
    console.error(editor.problems.join('\n'));
    await editor.picture(`failed-${context.task.name.replace(/\W+/g, '-')}`);
  }),
);

test('Try the Judge: a verdict follows what is typed, and what is typed survives a reload', async () => {
  await palette.run('G2RL: Try the Judge');
  const judge = await judgeFrame(editor.page);
  await judge.getByTestId('verdict').getByText('✓ accepted').waitFor();
  await judge.getByLabel('Response', { exact: true }).fill('First \\boxed{1/2}, no: \\boxed{0.6}.');
  await judge.getByTestId('verdict').getByText('✗ not accepted').waitFor();
  expect(await judge.locator('mark.read').textContent()).toBe('0.6');
  expect(await judge.getByTestId('why').textContent()).toContain('in the last box');
  const found: string[] = [];
  for (const theme of Object.keys(themes) as Theme[]) {
    await editor.theme(theme);
    await judge.locator(`body.${themes[theme].webview}`).waitFor();
    found.push(
      ...(await violations(judge.locator('html'), 'editor-background')).map((line) => `${theme}: ${line}`),
    );
    await editor.picture(`judge-${theme}`);
  }
  expect(found).toEqual([]);
  await editor.reload();
  const again = await judgeFrame(editor.page);
  await again.getByTestId('verdict').getByText('✗ not accepted').waitFor();
  expect(await again.getByLabel('Response', { exact: true }).inputValue()).toContain('\\boxed{0.6}');
});

test('a response of an evaluation is marked, says why, and is taken to the page', async () => {
  await palette.run('G2RL: Open Dashboard');
  const dashboard = await dashboardFrame(editor.page);
  await dashboard.getByTestId('tab-benchmarks').click();
  await dashboard.getByTestId('overview-cell').first().click();
  const response = dashboard.getByTestId('response').first();
  await response.locator('mstyle.read').waitFor();
  expect(await response.getByTestId('why').textContent()).toContain('in the last box');
  const found = await violations(dashboard.locator('html'), 'editor-background');
  expect(found).toEqual([]);
  await editor.picture('judged-response');
  await response.getByRole('button', { name: 'Try the Judge' }).click();
  const judge = await judgeFrame(editor.page);
  await judge.getByTestId('verdict').getByText('✓ accepted').waitFor();
  expect(await judge.getByLabel('Gold answer', { exact: true }).inputValue()).toBe('1/2');
});

test('a score of an older judge is judged again, after it was said what changes', async () => {
  await palette.run('G2RL: Open Dashboard');
  const dashboard = await dashboardFrame(editor.page);
  await dashboard.getByTestId('tab-benchmarks').click();
  const back = dashboard.getByTestId('problems-back');
  if (await back.isVisible()) await back.click();
  await dashboard.getByTestId('judged-again').getByText(`${JUDGE.name} ${JUDGE.version}`).waitFor();
  await editor.picture('judged-again');
  await dashboard.getByTestId('rejudge').click();
  const dialog = editor.page.locator('.monaco-dialog-box');
  await dialog.getByText('1 of 2 verdicts change.').waitFor();
  expect(await dialog.textContent()).toContain('sums at step 5: 0.0 % → 50.0 %, 1 of 2 verdicts');
  await editor.picture('judge-again-dialog');
  await dialog.getByRole('button', { name: 'Write Scores Again' }).click();
  await dashboard.getByTestId('judged-again').waitFor({ state: 'detached' });
  await until('the new score', async () => {
    const newest = linesOf(join(run.directory, 'benchmarks.jsonl')).at(-1);
    return newest?.pass_at_1 === 0.5;
  });
});
