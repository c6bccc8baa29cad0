/** The steps of `npm test`. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { print } from '../../../scripts/lib/output.mjs';
import { runSteps, type Step, stepTable, type Tally } from '../../../scripts/lib/steps.mjs';

const passed: Tally = { passed: 1, failed: 0, skipped: 0, failures: [], skips: [] };

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

/** Steps that note when they begin and end. */
function noted() {
  const notes: string[] = [];
  const step = (name: string, rest: Partial<Step> = {}): Step => ({
    name,
    work: async () => {
      notes.push(`+${name}`);
      await new Promise((resume) => setTimeout(resume, 5));
      notes.push(`-${name}`);
      return passed;
    },
    ...rest,
  });
  return { notes, step };
}

test('the first that can begin does, at most so many at once', async () => {
  const { notes, step } = noted();
  const steps = [step('a', { needs: ['c'] }), step('b'), step('c'), step('d', { after: ['b', 'nobody'] })];
  const ended = await runSteps(steps, 2);
  expect(notes.slice(0, 2)).toEqual(['+b', '+c']);
  expect(notes.indexOf('+a')).toBeGreaterThan(notes.indexOf('-c'));
  expect(notes.indexOf('+d')).toBeGreaterThan(notes.indexOf('-b'));
  expect(ended.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  await runSteps([step('e'), step('f')], 1);
  expect(notes.slice(-4)).toEqual(['+e', '-e', '+f', '-f']);
});

test('what throws is one failure and hides nothing; what needs it is not begun, what comes after it is', async () => {
  const { notes, step } = noted();
  const broken = step('broken', { work: () => Promise.reject(new Error('no disk')) });
  const steps = [
    broken,
    step('needs', { needs: ['broken'] }),
    step('after', { after: ['broken'] }),
    step('other'),
  ];
  const ended = await runSteps(steps, 2);
  expect(ended.flatMap(({ tally }) => tally.failures)).toEqual([
    'broken: no disk',
    'needs: "broken" failed, which it needs.',
  ]);
  expect(notes.filter((note) => note.startsWith('-')).sort()).toEqual(['-after', '-other']);
  const rows = stepTable(ended).split('\n');
  expect(rows[0]).toMatch(/^part +passed +failed +skipped +seconds$/);
  expect(rows[1]).toMatch(/^broken +– +1 +– +0\.0$/);
  expect(rows[4]).toMatch(/^other +1 +– +– +0\.\d$/);
});

test('a test that failed does not keep those from running that need its part', async () => {
  const { notes, step } = noted();
  const failed = { ...passed, failed: 1, failures: ['a: x'] };
  await runSteps([step('a', { work: async () => failed }), step('b', { needs: ['a'] })], 2);
  expect(notes).toEqual(['+b', '-b']);
});

test('steps side by side do not mix what they print', async () => {
  const says = (name: string): Step => ({
    name,
    work: async () => {
      for (let line = 0; line < 3; line++) {
        print(`${name}\n`);
        await new Promise((resume) => setTimeout(resume, 2));
      }
      return undefined;
    },
  });
  await runSteps([says('x'), says('y')], 2);
  expect(printed).toContain('x\nx\nx\n');
  expect(printed).toContain('y\ny\ny\n');
});

test('steps that wait for each other are an error', async () => {
  const { step } = noted();
  await expect(runSteps([step('a', { needs: ['b'] }), step('b', { after: ['a'] })], 2)).rejects.toThrow(
    'wait for each other',
  );
});
