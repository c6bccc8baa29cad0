import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countdownPrompt, verifyCountdown } from '../../../src/tasks/countdown.js';
import { benchmarkNames, benchmarkPrompts, benchmarkSize } from '../../../src/tasks/countdown-benchmarks.js';
import { type Demonstration, demonstrations } from '../../../src/tasks/demonstrations.js';
import { promptsFromFile, trainingPrompts } from '../../../src/tasks/prompts.js';
import { splitOf } from '../../../src/tasks/split.js';
import type { CountdownSettings } from '../../../src/tasks/types.js';
import { scratch } from '../../scratch.js';

const settings: CountdownSettings = { numberCounts: [3, 4], maxNumber: 20, maxTarget: 100 };
const ids = (prompts: { id: string }[]) => prompts.map((prompt) => prompt.id);

/** Whether any expression over the numbers reaches the target: exhaustive, in floating point. */
function solvable(values: number[], target: number): boolean {
  if (values.length === 1) return Math.abs(values[0]! - target) < 1e-9;
  for (let i = 0; i < values.length; i++) {
    for (let j = 0; j < values.length; j++) {
      if (i === j) continue;
      const a = values[i]!;
      const b = values[j]!;
      const rest = values.filter((_, index) => index !== i && index !== j);
      for (const value of [a + b, a - b, a * b, b === 0 ? Number.NaN : a / b]) {
        if (Number.isFinite(value) && solvable([...rest, value], target)) return true;
      }
    }
  }
  return false;
}

describe('trainingPrompts', () => {
  const source = trainingPrompts(settings, 5);

  it('depends on the seed and the step alone', () => {
    const later = source.promptsForStep(41, 16);
    source.promptsForStep(3, 4);
    expect(trainingPrompts(settings, 5).promptsForStep(41, 16)).toEqual(later);
    expect(source.promptsForStep(41, 5)).toEqual(later.slice(0, 5));
    expect(ids(source.promptsForStep(42, 16))).not.toEqual(ids(later));
    expect(ids(trainingPrompts(settings, 6).promptsForStep(41, 16))).not.toEqual(ids(later));
  });

  it('gives train problems within the settings that can be solved, none twice in a step', () => {
    const lengths = new Set<number>();
    for (let step = 0; step < 20; step++) {
      const prompts = source.promptsForStep(step, 16);
      expect(new Set(ids(prompts)).size).toBe(16);
      for (const { numbers, target, text } of prompts) {
        lengths.add(numbers.length);
        expect(text).toBe(`${numbers.join(',')}=${target}:`);
        expect(splitOf(numbers, target)).toBe('train');
        expect(numbers.every((number) => number >= 1 && number <= 20)).toBe(true);
        expect(target >= 1 && target <= 100).toBe(true);
        expect(solvable(numbers, target)).toBe(true);
      }
    }
    expect([...lengths].toSorted()).toEqual([3, 4]);
  });

  it('shows numbers in an order that tells nothing', () => {
    const prompts = Array.from({ length: 60 }, (_, step) => source.promptsForStep(step, 16)).flat();
    const ascending = prompts.filter(({ numbers }) => numbers[0]! < numbers[1]!).length;
    const descending = prompts.filter(({ numbers }) => numbers[0]! > numbers[1]!).length;
    expect(Math.abs(ascending - descending)).toBeLessThan(4 * Math.sqrt(ascending + descending));
  });

  it('repeats problems rather than hang when there are few, and says so when there are none', () => {
    const few = trainingPrompts({ numberCounts: [2], maxNumber: 3, maxTarget: 3 }, 0);
    expect(few.promptsForStep(0, 50)).toHaveLength(50);
    // Their only problem is 1,1 = 1, and that one is held out.
    expect(splitOf([1, 1], 1)).toBe('test');
    const none = trainingPrompts({ numberCounts: [2], maxNumber: 1, maxTarget: 1 }, 0);
    expect(() => none.promptsForStep(0, 2)).toThrow(/maxNumber 1 .*no train problems; raise maxNumber/);
  });
});

describe('splits', () => {
  it('do not depend on the order of numbers and hold a twentieth each', () => {
    const counts = { train: 0, validation: 0, test: 0 };
    for (let a = 1; a <= 20; a++) {
      for (let b = a; b <= 20; b++) {
        for (let target = 1; target <= 50; target++) {
          const split = splitOf([a, b], target);
          counts[split]++;
          expect(splitOf([b, a], target)).toBe(split);
        }
      }
    }
    const total = 210 * 50;
    expect(Math.abs(counts.test / total - 0.05)).toBeLessThan(0.01);
    expect(Math.abs(counts.validation / total - 0.05)).toBeLessThan(0.01);
  });

  it('never change: a new hash would put old test problems into training', () => {
    const letters = { train: '.', validation: 'V', test: 'T' };
    const some = Array.from({ length: 60 }, (_, target) => letters[splitOf([3, 7, 12], target + 1)]).join('');
    expect(some).toMatchInlineSnapshot(`"....T.........V.V..T...................V...................T"`);
  });
});

describe('benchmarks', () => {
  it('are fixed lists of distinct, solvable problems of their own split', () => {
    for (const [index, name] of benchmarkNames.entries()) {
      const prompts = benchmarkPrompts(name, 1_000_000);
      expect(prompts).toHaveLength(benchmarkSize);
      expect(new Set(ids(prompts)).size).toBe(benchmarkSize);
      const split = ['test', 'validation'][index];
      expect(prompts.every(({ numbers, target }) => splitOf(numbers, target) === split)).toBe(true);
      expect(prompts.slice(0, 50).every(({ numbers, target }) => solvable(numbers, target))).toBe(true);
      expect(benchmarkPrompts(name, 7)).toEqual(prompts.slice(0, 7));
    }
    expect(benchmarkPrompts('countdown-test', 4).map(({ text }) => text)).toMatchInlineSnapshot(`
      [
        "14,15,19,9=90:",
        "2,6,3,10=26:",
        "6,9,15=30:",
        "11,19,19=49:",
      ]
    `);
  });

  it('name the known ones, the nearest first', () => {
    expect(() => benchmarkPrompts('countdown-tests', 1)).toThrow(
      'unknown benchmark "countdown-tests"; known: countdown-test, countdown-validation',
    );
    expect(() => benchmarkPrompts('validation', 1)).toThrow('known: countdown-validation, countdown-test');
    expect(() => benchmarkPrompts('constructor', 1)).toThrow('unknown benchmark');
  });
});

describe('demonstrations', () => {
  const answerOf = ({ prompt, response }: Demonstration) => {
    const [numbers, target] = prompt.slice(0, -1).split('=');
    return verifyCountdown(countdownPrompt(numbers!.split(',').map(Number), Number(target)), response);
  };

  it('are right, short and of the train split, at any place', () => {
    const all = demonstrations(settings, 1);
    const operatorsSeen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const example = all.example(i);
      expect(answerOf(example)).toMatchObject({ correct: true });
      expect(example.correct).toBe(true);
      expect(example.response.length).toBeLessThanOrEqual(21);
      for (const character of example.response) operatorsSeen.add(character);
    }
    expect(['+', '-', '*', '/', '('].every((character) => operatorsSeen.has(character))).toBe(true);
    expect(demonstrations(settings, 1).example(1234)).toEqual(all.example(1234));
    expect(demonstrations(settings, 2).example(1234)).not.toEqual(all.example(1234));
  });

  it('show several solutions and several ways to write one', () => {
    const all = demonstrations({ numberCounts: [3], maxNumber: 4, maxTarget: 6 }, 0);
    const answers = new Map<string, Set<string>>();
    const texts = new Map<string, Set<string>>();
    for (let i = 0; i < 4000; i++) {
      const example = all.example(i);
      const sorted = example.prompt.split('=')[0]!.split(',').toSorted().join();
      const key = `${sorted}=${example.prompt.split('=')[1]}`;
      const { answer } = answerOf(example);
      answers.set(key, (answers.get(key) ?? new Set()).add(answer));
      texts.set(answer, (texts.get(answer) ?? new Set()).add(example.response));
    }
    const mean = (sets: Iterable<Set<string>>) => {
      const sizes = [...sets].map((set) => set.size);
      return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    };
    expect(mean(answers.values())).toBeGreaterThan(2);
    expect(mean(texts.values())).toBeGreaterThan(2);
  });

  it('are wrong on demand, with the right numbers, and the same otherwise', () => {
    const plain = demonstrations(settings, 1);
    const noisy = demonstrations(settings, 1, { noise: 0.3 });
    let wrong = 0;
    for (let i = 0; i < 2000; i++) {
      const example = noisy.example(i);
      const verdict = answerOf(example);
      expect(verdict.correct).toBe(example.correct);
      expect(example.prompt).toBe(plain.example(i).prompt);
      if (example.correct) continue;
      wrong++;
      expect(verdict.reason).toMatch(/^equals /);
    }
    expect(Math.abs(wrong / 2000 - 0.3)).toBeLessThan(0.05);
    expect(() => demonstrations(settings, 1, { noise: 1.5 })).toThrow('noise must be from 0 to 1');
  });
});

describe('promptsFromFile', () => {
  const folder = scratch('prompts');
  const write = (text: string) => {
    const path = join(folder, 'prompts.jsonl');
    writeFileSync(path, text);
    return path;
  };
  const lines = Array.from({ length: 10 }, (_, i) =>
    JSON.stringify({ numbers: [i + 1, 30], target: i + 31 }),
  );

  it('goes through the file in a new order each time around, from any step', () => {
    const source = promptsFromFile(write(`\uFEFF${lines.join('\r\n')}\n\n`), 3);
    expect(source.size).toBe(10);
    expect(source.inBenchmarks).toBe(0);
    const rounds = [0, 1, 2].map((round) =>
      ids([...source.promptsForStep(round * 2 + 1, 5), ...source.promptsForStep(round * 2 + 2, 5)]),
    );
    for (const round of rounds) expect(new Set(round).size).toBe(10);
    expect(rounds[0]).not.toEqual(rounds[1]);
    expect(ids(source.promptsForStep(1, 30))).toEqual(rounds.flat());
    expect(promptsFromFile(write(lines.join('\n')), 3).promptsForStep(4, 5)).toEqual(
      source.promptsForStep(4, 5),
    );
    expect(ids(promptsFromFile(write(lines.join('\n')), 4).promptsForStep(1, 10))).not.toEqual(rounds[0]);
    expect(source.promptsForStep(1, 1)[0]!.text).toMatch(/^\d+,30=\d+:$/);
  });

  it('tells how many problems belong to a benchmark', () => {
    const held = benchmarkPrompts('countdown-test', 3).map(({ numbers, target }) =>
      JSON.stringify({ numbers: numbers.toReversed(), target }),
    );
    expect(promptsFromFile(write([...lines, ...held].join('\n')), 0).inBenchmarks).toBe(3);
  });

  it.each([
    ['{"numbers":[3,7],"target":10}\n{"numbers":[3,', /prompts\.jsonl, line 2: not valid JSON/],
    ['{"numbers":[3,"7"],"target":10}', /line 1: numbers\.1: /],
    ['{"numbers":[3],"target":10}', /line 1: numbers: .*2 to 4 "numbers"/],
    ['{"numbers":[3,7,1,1,1],"target":10}', /line 1: numbers: /],
    ['{"numbers":[3,7]}', /line 1: target: /],
    ['{"numbers":[3,7],"target":-1}', /line 1: target: /],
    ['{"numbers":[3,7.5],"target":1}', /line 1: numbers\.1: /],
    ['{"numbers":[3,7],"target":10,"answer":"3+7"}', /line 1: .*answer/],
    ['\n\n[]', /line 3: /],
    ['\n \n', /contains no prompts/],
  ])('refuses %j', (text, message) => {
    expect(() => promptsFromFile(write(text), 0)).toThrow(message);
  });

  it('names a file that is not there', () => {
    expect(() => promptsFromFile(join(folder, 'none.jsonl'), 0)).toThrow(
      /none\.jsonl: cannot be read \(ENOENT/,
    );
  });
});
