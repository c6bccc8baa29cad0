import { expect, test } from 'vitest';
import {
  type Answers,
  type Asked,
  Asker,
  parseQuestion,
  type Reply,
  replyTo,
} from '../../../src/contract/channel.js';
import { asks, count, QUESTIONS } from '../../../src/contract/questions.js';
import { KnownError } from '../../../src/errors.js';
import { SeriesColumns } from '../../../src/series/columns.js';
import { slicesOf } from '../../../src/series/slices.js';
import { type AnswerContext, answers as runAnswers } from '../../../src/views/answers.js';

/** A page and its host, over a wire that clones as the editor does. */
function connect<Table extends typeof QUESTIONS, Context>(
  table: Table,
  answers: Answers<Table, Context>,
  context: Context,
) {
  const refused: string[] = [];
  const page = new Asker<Table>((sent) => {
    const parsed = parseQuestion<Table>(table, structuredClone(sent) as Asked<Table>);
    if ('problem' in parsed) refused.push(parsed.problem);
    else void replyTo(answers, context, parsed.message).then((reply) => page.receive(structuredClone(reply)));
  });
  return { page, refused };
}

/** The two edits that a question costs: its entry in the table … */
const table = { ...QUESTIONS, halfOf: asks({ step: count }).answeredBy<{ half: number }>() };

/** … and the answer of the host. Without it this is a type error. */
const answers: Answers<typeof table, { runs: string[] }> = {
  slices: async () =>
    slicesOf(new SeriesColumns(), {
      metrics: [],
      averaged: [],
      from: null,
      to: null,
      width: 1,
      smoothing: 0,
    }),
  groups: async () => [],
  rollouts: async () => {
    throw new KnownError('The texts were not kept.', 'Keep them.');
  },
  evaluation: async () => {
    throw new TypeError('a defect');
  },
  problem: async () => null,
  keptGeometry: async () => null,
  findResponses: async () => ({ hits: [], omitted: 0, unread: 0, next: null }),
  findProblems: async () => ({ ids: [], next: null }),
  findings: async () => ({ step: null, unread: null, findings: [], clear: [], unchecked: [] }),
  prompts: async () => ({
    step: null,
    unread: null,
    counts: { all: 0, silent: 0, unsolved: 0, 'solved-lately': 0, lost: 0 },
    prompts: [],
    more: 0,
  }),
  judge: async () => ({ name: 'g2rl', version: 2 }),
  otherRuns: async () => [],
  defaults: async () => ({}),
  savePicture: async () => false,
  saveTable: async () => false,
  saveSeries: async () => false,
  halfOf: async (_, { step }) => ({ half: step / 2 }),
};

// @ts-expect-error the answer to "halfOf" is missing
const forgotten: Answers<typeof table, null> = { ...answers, halfOf: undefined };
void forgotten;

test('a question that is added to the table and answered is asked like any other', async () => {
  const { page } = connect(table, answers, { runs: [] });
  const [{ half }, groups] = await Promise.all([
    page.ask('halfOf', { step: 7 }),
    page.ask('groups', { step: 7 }),
  ]);
  expect(half).toBe(3.5);
  expect(groups).toEqual([]);
});

test('a failure reaches the page with its text and hint', async () => {
  const { page } = connect(table, answers, { runs: [] });
  await expect(page.ask('rollouts', { step: 1 })).rejects.toMatchObject({
    name: 'KnownError',
    message: 'The texts were not kept.',
    hint: 'Keep them.',
  });
  await expect(page.ask('evaluation', { step: 1, benchmark: 'b' })).rejects.toThrow('a defect.');
});

test('arguments are checked before the host looks at them', () => {
  const { page, refused } = connect(table, answers, { runs: [] });
  void page.ask('halfOf', { step: -1 });
  expect(refused).toEqual(['The question "halfOf" needs a whole number as "step".']);
});

test('questions about the run before are given up, and late replies are let go', async () => {
  const sent: { id: number }[] = [];
  const page = new Asker<typeof table>((message) => sent.push(message));
  const old = page.ask('halfOf', { step: 2 });
  page.abandon();
  await expect(old).rejects.toThrow('This view shows another run now.');
  const next = page.ask('halfOf', { step: 4 });
  const reply = (id: number, half: number): Reply => ({ type: 'answer', id, answer: { half } });
  page.receive(reply(sent[0]!.id, 1));
  page.receive(reply(sent[1]!.id, 2));
  page.receive(reply(sent[1]!.id, 3));
  expect(await next).toEqual({ half: 2 });
});

test('the series of a chart are saved whole, a step that lacks a value with an empty cell', async () => {
  const series = new SeriesColumns();
  series.append([
    { step: 1, reward: 0.5, loss: 2 },
    { step: 2, loss: 1 },
  ]);
  const saved: unknown[] = [];
  const context = {
    run: { series: async () => series },
    runs: () => [],
    save: async (...file: unknown[]) => saved.push(file) > 0,
  } as unknown as AnswerContext;
  const { page } = connect(QUESTIONS, runAnswers, context);
  expect(await page.ask('saveSeries', { name: 'Reward', metrics: ['reward', 'loss', 'gone'] })).toBe(true);
  expect(await page.ask('saveTable', { name: 'T', table: { columns: ['a'], rows: [['=1'], [null]] } })).toBe(
    true,
  );
  expect(await page.ask('savePicture', { name: 'P', format: 'svg', data: btoa('<svg/>') })).toBe(true);
  expect(saved).toEqual([
    ['Reward', 'csv', 'step,reward,loss,gone\n1,0.5,2,\n2,,1,\n'],
    ['T', 'csv', 'a\n=1\n\n'],
    ['P', 'svg', Buffer.from('<svg/>')],
  ]);
});
