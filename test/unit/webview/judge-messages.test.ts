import { describe, expect, it, test } from 'vitest';
import { longestTried, parseJudgeMessage, parsePair } from '../../../src/contract/judge-messages.js';
import { parseWebviewMessage } from '../../../src/contract/message-guard.js';
import { judgeAnswers } from '../../../src/views/judge/answers.js';
import { judgeExamples } from '../../../webview/src/lib/judge-examples.js';
import { judgesOf, outdatedScores } from '../../../webview/src/lib/judged.js';
import { pairOfProblem, pairOfRollout } from '../../../webview/src/lib/tried-pair.js';
import { benchmarkRecord } from '../runs/records.js';

const pair = { gold: '5', response: '\\boxed{5}', kind: 'math', choices: [], prompt: '' } as const;

test.each([
  [{ type: 'ready', more: 1 }, { message: { type: 'ready' } }],
  [
    { type: 'ask', id: 3, name: 'judge', args: { ...pair, extra: 1 } },
    { message: { type: 'ask', id: 3, name: 'judge', args: pair } },
  ],
  [{ type: 'error', message: 'x'.repeat(9000) }, { message: { type: 'error', message: 'x'.repeat(4000) } }],
])('a message of the playground %#', (value, expected) => {
  expect(parseJudgeMessage(value)).toEqual(expected);
});

test.each([
  [{ gold: 'x'.repeat(longestTried.gold + 1) }, 'gold'],
  [{ response: 5 }, 'response'],
  [{ kind: 'poem' }, 'kind'],
  [{ choices: ['a', 1] }, 'choices'],
  [{ choices: new Array(27).fill('a') }, 'choices'],
  [{ prompt: undefined }, 'prompt'],
])('a question with a wrong argument is refused %#', (change, field) => {
  const refused = parseJudgeMessage({ type: 'ask', id: 7, name: 'judge', args: { ...pair, ...change } });
  expect(refused).toMatchObject({ problem: expect.stringContaining(`"${field}"`), id: 7 });
  expect(parsePair({ ...pair, ...change })).toBeNull();
});

test.each([null, 'ready', { type: 'launch' }, { type: 'error' }])('no message %#', (value) => {
  expect(parseJudgeMessage(value)).toHaveProperty('problem');
});

test('a run’s page opens the playground with a pair and nothing else', () => {
  expect(parseWebviewMessage({ type: 'tryJudge', pair: { ...pair, extra: 1 } })).toEqual({
    message: { type: 'tryJudge', pair },
  });
  expect(parseWebviewMessage({ type: 'tryJudge', pair: { ...pair, kind: 'poem' } })).toHaveProperty(
    'problem',
  );
  expect(parsePair('g2rl')).toBeNull();
});

describe('the playground', () => {
  it.each(judgeExamples())('judges the example “$title” as it says', async ({ pair: example, accepted }) => {
    const verdict = await judgeAnswers.judge(null, example);
    expect([verdict.accepted, verdict.why]).toEqual([accepted, expect.any(String)]);
    if (verdict.read) {
      const { start, end } = verdict.read;
      expect(start).toBeLessThan(end);
      expect(end).toBeLessThanOrEqual(example.response.length);
    }
  });

  it('says what it read of the gold text, too', async () => {
    const gold = 'Three times four is $\\boxed{12}$.';
    expect((await judgeAnswers.judge(null, { ...pair, gold, response: '12' })).golden).toBe('12');
  });

  it('begins with a response of an evaluation, as its problem asks', () => {
    const problem = { gold: 'B', choices: ['Rome', 'Paris'] };
    expect(pairOfProblem(problem, 'It is B.')).toEqual({
      gold: 'B',
      response: 'It is B.',
      kind: 'choice',
      choices: ['Rome', 'Paris'],
      prompt: '',
    });
    expect(pairOfProblem({ gold: '5' }, '5').kind).toBe('math');
  });

  it('takes of what is too long what it can judge', () => {
    const long = `${'x'.repeat(longestTried.response)}\\boxed{5}`;
    const tried = pairOfRollout({ prompt: long }, long);
    expect(parsePair(tried)).toEqual(tried);
    expect(tried.response.endsWith('\\boxed{5}')).toBe(true);
    expect(parsePair(pairOfProblem({ gold: long, choices: new Array(30).fill(long) }, long))).not.toBeNull();
  });
});

describe('who judged', () => {
  const kept = { samples_file: 'evaluations/x.jsonl' };
  const of = (step: number, benchmark: string, more: object) => ({
    ...benchmarkRecord(step, 0.5, benchmark),
    ...more,
  });
  const current = { name: 'g2rl', version: 2 };
  const old = { judge: { name: 'g2rl', version: 1 } };

  it('is named with the steps that it judged', () => {
    const records = [of(0, 'math500', old), of(5, 'math500', { judge: current }), of(9, 'math500', old)];
    expect(judgesOf(records)).toEqual([
      { judge: 'g2rl 1', steps: [0, 9] },
      { judge: 'g2rl 2', steps: [5] },
    ]);
    expect(judgesOf([of(0, 'math500', {})])).toEqual([]);
  });

  it('may be judged again when it was an older one, or one that is not known, and not in Countdown', () => {
    const records = [
      of(1, 'math500', { ...old, ...kept }),
      of(2, 'math500', kept),
      of(3, 'math500', { judge: current, ...kept }),
      of(4, 'math500', { judge: { name: 'math-verify', version: '0.8.0' }, ...kept }),
      of(5, 'countdown-test', kept),
      of(6, 'math500', old),
      of(7, 'math500', {}),
    ];
    const { kept: again, lost } = outdatedScores(records, current);
    expect(again.map(({ step }) => step)).toEqual([1, 2]);
    expect(lost.map(({ step }) => step)).toEqual([6]);
  });
});
