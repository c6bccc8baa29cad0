import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importResults } from '../../../src/actions/results/import-results.js';
import { rejudgeFile, rejudgeRun } from '../../../src/actions/results/rejudge.js';
import { JUDGE } from '../../../src/answers/identity.js';
import { scratch } from '../../scratch.js';
import { existingRun, newRunIn } from './faces.js';

type Line = Record<string, unknown>;
const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const writeLines = (file: string, lines: readonly Line[]) =>
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

/** A run with a score that an older judge gave: it refused \boxed{0.5} for 1/2. */
async function oldScore(judge: Line | undefined = { name: JUDGE.name, version: JUDGE.version - 1 }) {
  const folder = scratch();
  const directory = await existingRun(newRunIn(folder));
  const file = join(folder, 'sums.jsonl');
  writeFileSync(
    file,
    [
      '{"id":"a","problem":"?","answer":"1/2","responses":["\\\\boxed{0.5}","\\\\boxed{3}"]}',
      '{"id":"b","problem":"?","answer":"4","responses":["\\\\boxed{4}","5"]}',
    ].join('\n'),
  );
  const [record] = await importResults(directory, { files: [file], step: 5, problems: null, kind: null });
  const kept = join(directory, String(record!.samples_file));
  const [header, a, b] = linesOf(kept) as [Line, Line, Line];
  const about = { ...(header.evaluation as Line), judge };
  const responses = (a.responses as Line[]).map(({ read: _, why: __, ...one }) => ({
    ...one,
    correct: false,
  }));
  writeLines(kept, [{ evaluation: about }, { ...a, correct: 0, majority: 0, responses }, b]);
  writeLines(join(directory, 'benchmarks.jsonl'), [
    { ...record, pass_at_1: 0.25, judge, pairs_note: 'kept' },
  ]);
  return { directory, kept };
}

test('a score is judged again: its responses say what was read, and the newest line has the new score', async () => {
  const { directory, kept } = await oldScore();
  const { scores, skipped } = await rejudgeRun(directory, { dryRun: false });
  expect(skipped).toEqual([]);
  expect(scores).toMatchObject([
    {
      step: 5,
      benchmark: 'sums',
      responses: 4,
      changed: 1,
      before: { pass_at_1: 0.25 },
      after: { pass_at_1: 0.5 },
    },
  ]);
  const records = linesOf(join(directory, 'benchmarks.jsonl'));
  expect(records.map((one) => [one.pass_at_1, one.judge, one.pairs_note])).toEqual([
    [0.25, { name: JUDGE.name, version: JUDGE.version - 1 }, 'kept'],
    [0.5, JUDGE, 'kept'],
  ]);
  const [header, a] = linesOf(kept);
  expect(header).toMatchObject({ evaluation: { judge: JUDGE, answer_kind: 'math' } });
  expect(a).toMatchObject({ id: 'a', correct: 1, responses: [{ correct: true, read: { rule: 'box' } }, {}] });
  expect(linesOf(`${kept}.previous`)[1]).toMatchObject({ id: 'a', correct: 0 });
  expect(Object.keys(a!).slice(0, 5)).toEqual(['id', 'n', 'correct', 'answers', 'majority']);
});

test('a dry run says the same and writes nothing; giving up leaves everything as it was', async () => {
  const { directory, kept } = await oldScore();
  const before = [readFileSync(kept, 'utf8'), readFileSync(join(directory, 'benchmarks.jsonl'), 'utf8')];
  const dry = await rejudgeRun(directory, { dryRun: true });
  expect(dry.scores).toMatchObject([{ changed: 1, after: { pass_at_1: 0.5 } }]);
  const stopped = await rejudgeRun(directory, { dryRun: false, onProgress: (done) => done < 1 });
  expect(stopped).toMatchObject({ stopped: true, scores: [] });
  expect([readFileSync(kept, 'utf8'), readFileSync(join(directory, 'benchmarks.jsonl'), 'utf8')]).toEqual(
    before,
  );
  expect(readdirSync(join(directory, 'evaluations'))).toHaveLength(1);
});

test('what was scored by a judge that was chosen, lacks responses, or is Countdown stays, and it says why', async () => {
  const chosen = await oldScore({ name: 'math-verify', version: '0.9.0' });
  expect(await rejudgeRun(chosen.directory, { dryRun: false })).toMatchObject({
    scores: [],
    skipped: ['sums at step 5: it was judged by math-verify 0.9.0, which was chosen'],
  });
  expect((await rejudgeRun(chosen.directory, { dryRun: true, otherJudges: true })).scores).toHaveLength(1);
  const lost = await oldScore();
  renameSync(lost.kept, `${lost.kept}.elsewhere`);
  expect((await rejudgeRun(lost.directory, { dryRun: false })).skipped).toEqual([
    'sums at step 5: its responses were not kept',
  ]);
  await expect(rejudgeRun(lost.directory, { dryRun: false, step: 7 })).rejects.toThrow(
    'The run has no score at step 7.',
  );
});

test('an evaluation that is not whole is not scored by what there is of it', async () => {
  const { directory, kept } = await oldScore();
  writeLines(kept, linesOf(kept).slice(0, 2));
  const { skipped } = await rejudgeRun(directory, { dryRun: false });
  expect(skipped[0]).toContain('has 1 of 2 problems');
});

test('a damaged response names file, problem and field, and nothing is lost', async () => {
  const { directory, kept } = await oldScore();
  const lines = linesOf(kept);
  (lines[2]!.responses as Line[])[0]!.text = 7;
  writeLines(kept, lines);
  await expect(rejudgeRun(directory, { dryRun: false })).rejects.toThrow(
    /step-000005-sums\.jsonl: problem b: responses\.0\.text/,
  );
  expect(linesOf(kept)).toEqual(lines);
  expect(readdirSync(join(directory, 'evaluations'))).toHaveLength(1);
});

test('a file of a run is scored in its run; one that stands alone by itself; another file is refused', async () => {
  const { directory, kept } = await oldScore();
  expect((await rejudgeFile(kept, { dryRun: false })).scores).toMatchObject([
    { before: { pass_at_1: 0.25 } },
  ]);
  expect(linesOf(join(directory, 'benchmarks.jsonl'))).toHaveLength(2);
  const alone = join(scratch(), 'mine.jsonl');
  writeFileSync(alone, readFileSync(`${kept}.previous`));
  expect((await rejudgeFile(alone, { dryRun: false })).scores).toMatchObject([
    { before: null, changed: 1, after: { pass_at_1: 0.5 } },
  ]);
  expect(existsSync(`${alone}.previous`)).toBe(true);
  appendFileSync(`${alone}.none`, '{"a":1}\n');
  await expect(rejudgeFile(`${alone}.none`, { dryRun: true })).rejects.toThrow(
    'no responses of an evaluation',
  );
});
