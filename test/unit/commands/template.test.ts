/** What New Experiment writes. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { detectFields } from '../../../src/benchmarks/detect.js';
import { ownDataExperiment, pairOf, studyText } from '../../../src/commands/template.js';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { parseExperiment } from '../../../src/experiment/load.js';
import type { Experiment } from '../../../src/experiment/schema.js';
import { parseStudy } from '../../../src/studies/plan/load.js';
import { scratch } from '../../scratch.js';

const folder = 'media/experiments';
const example = (name: string) => readFileSync(join(folder, `${name}.g2rl.json`), 'utf8');
const options = { mediaDirectory: resolve('media'), engineChecks };

function read(text: string, file = '/a.g2rl.json'): Experiment {
  const { experiment, warnings } = parseExperiment(text, file, options);
  expect(warnings).toEqual([]);
  return experiment;
}

test.each(readdirSync(folder).filter((file) => file.endsWith('.json')))(
  '%s has nothing that is wrong or does nothing',
  (file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    if (file.includes('.g2rl-study.')) parseStudy(text, resolve(folder, file), options);
    else read(text, resolve(folder, file));
    expect(text).toMatch(/^\s*\/\/ /m);
    expect(text).not.toContain('$schema');
  },
);

test.each(['g2rl', 'methods', 'factors'] as const)(
  'a new study of %s can be run as it is, whatever the file is called',
  (question) => {
    for (const name of ['countdown', '-my experiment (2)', '…']) {
      const study = parseStudy(
        studyText(name, 'countdown.g2rl.json', question),
        resolve(folder, 'a.g2rl-study.json'),
        options,
      );
      expect(study.warnings).toEqual([]);
      const arms = study.arms.map((arm) => arm.name);
      expect(arms.slice(0, 2).sort()).toEqual(['g2rl', 'grpo']);
      expect(study.seeds).toHaveLength(5);
      expect(arms).toContain(study.study.baseline);
      // No two of them are the same experiment.
      const experiments = study.arms.map(({ experiment }) => JSON.stringify(experiment));
      expect(new Set(experiments).size).toBe(arms.length);
    }
  },
);

test('a pair differs in the method only', () => {
  const [g2rl, grpo] = pairOf(example('countdown'), example('countdown-grpo')).map(({ name, text }) => {
    const experiment = read(text);
    expect(experiment.name).toBe(name);
    return experiment;
  });
  expect(g2rl?.method.name).toBe('g2rl');
  expect(grpo?.method.name).toBe('grpo');
  const rest = ({ name, description, method, ...others }: Partial<Experiment>) => others;
  expect(rest(g2rl ?? {})).toEqual(rest(grpo ?? {}));
});

test.each([
  [
    'a.jsonl',
    '{"question": "1+1?", "answer": "It is #### 2"}\n',
    { problem: 'question', answer: 'answer', answerIn: '####' },
  ],
  [
    'b.csv',
    'id,problem,solution\n1,"What is x?","so \\boxed{3}"\n',
    { problem: 'problem', answer: 'solution', answerIn: 'boxed' },
  ],
  [
    'c.json',
    '[{"prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "2+2"}], "reward_model": {"ground_truth": "4"}}]',
    { problem: 'prompt.1.content', answer: 'reward_model.ground_truth' },
  ],
  [
    'd.jsonl',
    '{"question": "Which?", "options": ["a", "b"], "label": "b"}\n',
    { problem: 'question', answer: 'label', choices: 'options' },
  ],
  ['e.tsv', 'left\tright\n1\t2\n', {}],
])('%s: fields of one’s own problems are found', async (name, content, expected) => {
  const home = scratch(`own-${name}`);
  mkdirSync(home, { recursive: true });
  const file = join(home, name);
  writeFileSync(file, content);
  const { fields, ...found } = await detectFields(file);
  expect(found).toEqual(expected);
  if (!found.problem || !found.answer) return;
  const made = ownDataExperiment(example('math'), 'own', {
    ...found,
    problem: found.problem,
    answer: found.answer,
    file: name,
  });
  const { task, evaluation } = read(made.text, join(home, 'own.g2rl.json'));
  expect(task).toMatchObject({ name: 'problems', file, ...expected });
  expect(evaluation.benchmarks).toMatchObject([{ file, ...expected }]);
  expect(made.text).toContain('// Better: problems that are held out');
});
