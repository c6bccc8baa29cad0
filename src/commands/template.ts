/** What New Experiment writes: shipped examples, and an experiment on a file of one's own. Pure. */
import { applyEdits, modify } from 'jsonc-parser';
import type { DetectedFields } from '../benchmarks/index.js';

/** A file to write: the name that it gets where it is free, and its text. */
export interface NewFile {
  /** Without `.g2rl.json`. */
  name: string;
  text: string;
}

const formattingOptions = { tabSize: 2, insertSpaces: true, eol: '\n' };

const withValue = (text: string, path: string[], value: unknown): string =>
  applyEdits(text, modify(text, path, value, { formattingOptions }));

/**
 * G2RL and its baseline, which differ in the method only.
 * @param g2rl the shipped example @param grpo the same with GRPO
 */
export function pairOf(g2rl: string, grpo: string): NewFile[] {
  return [
    { name: 'countdown-g2rl', text: withValue(g2rl, ['name'], 'countdown-g2rl') },
    { name: 'countdown-grpo', text: grpo },
  ];
}

export interface OwnData extends Pick<DetectedFields, 'choices' | 'answerIn'> {
  /** Relative to the experiment file. */
  file: string;
  problem: string;
  answer: string;
}

/**
 * An experiment on a file of problems.
 * @param math the shipped example of mathematics on one GPU
 */
export function ownDataExperiment(math: string, name: string, data: OwnData): NewFile {
  const { file, problem, answer, choices, answerIn } = data;
  const rows = {
    file,
    problem,
    answer,
    ...(choices !== undefined && { choices }),
    ...(answerIn !== undefined && { answerIn }),
  };
  const changes: [path: string[], value: unknown][] = [
    [['name'], name],
    [['description'], `Train on the problems of ${file}.`],
    [['task'], { name: 'problems', ...rows }],
    [['evaluation', 'benchmarks'], [{ ...rows, samples: 4, limit: 100 }]],
  ];
  const text = changes.reduce((result, [path, value]) => withValue(result, path, value), math);
  return {
    name,
    text: text
      .replace(
        '// Mathematics on one GPU. The first start downloads the model and the problems.',
        '// Problems of your own, on one GPU. The first start downloads the model.',
      )
      .replace(
        '// The training problems of MATH.',
        '// What is asked, and what a response is judged against.',
      )
      .replace(
        /^( *)"benchmarks":/m,
        '$1// Better: problems that are held out, in a file of their own.\n$1"benchmarks":',
      ),
  };
}

/** What a new study asks. */
export type StudyQuestion = 'g2rl' | 'methods' | 'factors';

const ofMethod = (name: string, more: object = {}) => ({ 'method.name': name, ...more });
/** G2RL as the paper's text has it, but for the given settings. */
const ofText = (more: object = {}) =>
  ofMethod('g2rl', {
    'method.shaping': 'signed',
    'method.uniformGroups': 'correct',
    'method.lambda': 0.5,
    ...more,
  });
const authors = { 'method.shaping': 'eq12', 'method.uniformGroups': 'all' };

/** Of each question: the description of the study, its variants, and the one that the others are compared with. */
const questions: Record<
  StudyQuestion,
  { description: string; variants: Record<string, object>; baseline: string }
> = {
  g2rl: {
    description: 'Does G2RL help here?',
    variants: { grpo: ofMethod('grpo'), g2rl: ofMethod('g2rl') },
    baseline: 'grpo',
  },
  methods: {
    description: 'Which method is best here?',
    variants: {
      grpo: ofMethod('grpo'),
      g2rl: ofMethod('g2rl'),
      authors: ofMethod('g2rl', authors),
      entropy: ofMethod('entropy'),
      'pass-at-k': ofMethod('pass-at-k'),
    },
    baseline: 'grpo',
  },
  factors: {
    description: 'Which part of G2RL does what here?',
    variants: {
      g2rl: ofText(),
      grpo: ofMethod('grpo'),
      unit: ofText({ 'method.shaping': 'unit' }),
      eq12: ofText({ 'method.shaping': 'eq12' }),
      all: ofText({ 'method.uniformGroups': 'all' }),
      none: ofText({ 'method.uniformGroups': 'none' }),
      'lambda-0.25': ofText({ 'method.lambda': 0.25 }),
      'lambda-1': ofText({ 'method.lambda': 1 }),
      authors: ofText(authors),
    },
    baseline: 'g2rl',
  },
};

/** A study of an experiment. @param experiment relative to the study file */
export function studyText(name: string, experiment: string, question: StudyQuestion): string {
  const { description, variants, baseline } = questions[question];
  // As studies may be called.
  const short =
    name
      .replace(/[^A-Za-z0-9._+-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 40) || 'study';
  const lines = Object.entries(variants).map(([variant, settings]) => {
    const pairs = Object.entries(settings).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
    return `    ${JSON.stringify(variant)}: { ${pairs.join(', ')} }`;
  });
  return `{
  // A study: one experiment in several variants, each with the same seeds.
  // Ctrl+Space completes settings, benchmarks and names; hover a setting to read what it does.
  "schema": 1,
  "name": ${JSON.stringify(short)},
  "description": ${JSON.stringify(description)},

  // What all runs have in common.
  "experiment": ${JSON.stringify(experiment)},

  // Settings that differ from it, as dotted paths.
  "variants": {
${lines.join(',\n')}
  },

  // Seeds 0 to 4. More can be added later: finished runs are not repeated.
  "seeds": 5,
  // The variant that the others are compared with.
  "baseline": ${JSON.stringify(baseline)},
  "score": { "metric": "pass_at_1", "step": "last" },

  // Runs at once; they share the cores.
  "parallel": 1
}
`;
}
