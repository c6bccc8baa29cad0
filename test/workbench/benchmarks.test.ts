/** Scores side by side, and browsing an evaluation as large as MMLU-Pro's. */

import { resolve } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineChecks } from '../../src/engines/checks/engine-checks.js';
import { loadExperiment } from '../../src/experiment/load.js';
import { createRun } from '../../src/runs/control/launch.js';
import { evaluationFile } from '../../src/runs/protocol/paths.js';
import type { BenchmarkRecord, EvaluatedProblem } from '../../src/runs/protocol/schema.js';
import { EvaluationWriter } from '../../src/runs/write/evaluation-writer.js';
import { RunWriter } from '../../src/runs/write/writer.js';
import { benchmarkRecord } from '../unit/runs/records.js';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  startEditor,
  type Theme,
  themes,
  until,
  type Workspace,
} from './index.js';

const count = 12_000;
const samples = 16;
const benchmark = 'mmlu-pro';

/** Every third problem is right, every fourth has responses that disagree. */
function problem(index: number): EvaluatedProblem {
  const right = index % 3 === 0;
  const disagree = index % 4 === 0;
  const responses = Array.from({ length: samples }, (_, response) => {
    const other = disagree && response === 0;
    return {
      text: `<b>Response ${response}</b> is $\\frac{${index}}{7}$, so \\boxed{${right === other ? 'B' : 'A'}}.`,
      answer: right === other ? 'B' : 'A',
      class: other ? 1 : 0,
      correct: right !== other,
      reason: 'choice',
      tokens: 40,
      finished: true,
    };
  });
  const correct = responses.filter((response) => response.correct).length;
  return {
    id: `q${String(index).padStart(5, '0')}`,
    n: samples,
    correct,
    answers: disagree ? 2 : 1,
    majority: right ? 1 : 0,
    problem: `What is $x^{${index}}$ at $x = 1$?`,
    gold: 'A',
    choices: ['$1$', '$0$'],
    responses,
  };
}

async function writeRun(workspace: Workspace): Promise<BenchmarkRecord[]> {
  const mediaDirectory = resolve('media');
  const { experiment } = loadExperiment(workspace.experiment, { mediaDirectory, engineChecks });
  const { directory } = await createRun({
    experiment,
    experimentFile: workspace.experiment,
    runsDirectory: `${workspace.folder}/.g2rl/runs`,
    mediaDirectory,
    version: '0.0.0',
  });
  const file = `${directory}/${evaluationFile(10, benchmark)}`;
  const writer = await EvaluationWriter.open(file, {
    schema: 1,
    step: 10,
    benchmark,
    samples,
    temperature: 0.8,
    seed: 0,
    max_new_tokens: 64,
    policy: '',
    problems: '',
  });
  for (let first = 0; first < count; first += 1000) {
    writer.append(Array.from({ length: 1000 }, (_, index) => problem(first + index)));
  }
  const records = [
    benchmarkRecord(0, 0.123, benchmark),
    benchmarkRecord(5, 0.456, benchmark),
    benchmarkRecord(10, 0.345, benchmark),
  ];
  const run = new RunWriter(directory);
  for (const record of records) run.appendBenchmark(record);
  return records;
}

describe('benchmarks', () => {
  let workspace: Workspace;
  let editor: Editor;
  let dashboard: FrameLocator;
  let records: BenchmarkRecord[];

  beforeAll(async () => {
    workspace = await createWorkspace();
    records = await writeRun(workspace);
    editor = await startEditor({ folder: workspace.folder });
    await new CommandPalette(editor.page).run('G2RL: Open Dashboard');
    dashboard = await dashboardFrame(editor.page);
    await dashboard.getByTestId('tab-benchmarks').click();
  });
  afterAll(async () => {
    await editor?.close();
    await workspace?.remove();
  });

  test('base, best and last are those of the file; the paper stands beside them, labelled', async () => {
    const cells = dashboard.getByTestId('benchmark-overview').locator(`tr[data-benchmark="${benchmark}"] td`);
    await cells.first().waitFor();
    const shown = await cells.evaluateAll((elements) =>
      elements
        .slice(0, 3)
        .map((element) => [
          element.getAttribute('data-column'),
          Number(element.getAttribute('data-step')),
          Number(element.getAttribute('data-pass-at-1')),
        ]),
    );
    expect(shown).toEqual([
      ['base', 0, records[0]!.pass_at_1],
      ['best', 5, records[1]!.pass_at_1],
      ['last', 10, records[2]!.pass_at_1],
    ]);
    expect(await dashboard.getByTestId('benchmark-overview').textContent()).toContain(
      'reported in the paper',
    );
  });

  test('a score whose responses were not kept says so', async () => {
    await dashboard.getByTestId('overview-cell').nth(1).click();
    await dashboard.getByText('are not in this run').waitFor();
    await editor.page.keyboard.press('Escape');
    await dashboard.getByTestId('benchmark-overview').waitFor();
  });

  test('thousands of problems: few rows exist, keys go to the last one, formulas are mathematics', async () => {
    await dashboard.getByTestId('overview-cell').last().focus();
    await editor.page.keyboard.press('Enter');
    const list = dashboard.getByTestId('problem-list');
    await list.waitFor();
    expect(await list.getAttribute('data-count')).toBe(String(count));
    expect(await dashboard.getByTestId('problem-row').count()).toBeLessThan(100);
    await list.focus();
    await editor.page.keyboard.press('End');
    await dashboard.locator('[data-testid="problem-detail"][data-id="q11999"]').waitFor();
    expect(await dashboard.getByTestId('problem-row').last().textContent()).toContain('q11999');
    const detail = dashboard.getByTestId('problem-detail');
    expect(await detail.getByTestId('response').count()).toBe(samples);
    expect(await detail.locator('math').count()).toBeGreaterThan(samples);
    // Text of models is data: its tags are shown, not obeyed.
    expect(await detail.locator('article b').count()).toBe(0);
    expect(await detail.getByTestId('response').first().textContent()).toContain('<b>Response 0</b>');
    await editor.page.keyboard.press('ArrowUp');
    await dashboard.locator('[data-testid="problem-detail"][data-id="q11998"]').waitFor();
  });

  test('filters count what the file holds', async () => {
    const filter = async (value: string) => {
      await dashboard.locator('#problem-filter').click();
      await dashboard.locator('#problem-filter vscode-option', { hasText: value }).click();
    };
    const shown = (expected: number) =>
      until(`${expected} problems`, async () => {
        const text = await dashboard.getByTestId('problem-count').textContent();
        return text?.trim().startsWith(`${expected.toLocaleString('en')} of`) ? true : null;
      });
    await filter('disagreeing');
    await shown(count / 4);
    await filter('right');
    await shown(count / 3);
    await filter('all');
    await dashboard.getByRole('searchbox').fill('q0001');
    await shown(10);
    await dashboard.getByRole('searchbox').fill('');
    await shown(count);
  });

  test('scrolling through all problems does not stall', async () => {
    const longest = await dashboard.getByTestId('problem-list').evaluate(async (list) => {
      // This function runs in the page.
      const page = globalThis as unknown as { requestAnimationFrame(painted: () => void): void };
      let worst = 0;
      let before = performance.now();
      for (let step = 0; step < 60; step++) {
        list.scrollTop = (list.scrollHeight * step) / 60;
        await new Promise<void>((painted) => page.requestAnimationFrame(painted));
        const now = performance.now();
        worst = Math.max(worst, now - before);
        before = now;
      }
      return worst;
    });
    process.stdout.write(`longest frame while scrolling 12,000 problems: ${longest.toFixed(0)} ms\n`);
    expect(longest).toBeLessThan(1000);
  });

  test('three themes', async () => {
    for (const theme of Object.keys(themes) as Theme[]) {
      await editor.theme(theme);
      await dashboard.getByTestId('problem-detail').waitFor();
      await editor.picture(`problems-${theme}`);
    }
  });
});
