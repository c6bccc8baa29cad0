/**
 * The benchmarks known by name. Repositories are data sets of the Hugging Face hub; each is pinned to a commit,
 * so that everyone measures on the same problems.
 */
import { distance } from 'fastest-levenshtein';
import { type AnswerKind, benchmarkSize } from '../tasks/index.js';
import { BenchmarkError } from './errors.js';
import type { FieldMapping } from './fields.js';
import type { BenchmarkDefaults } from './types.js';

interface Described {
  name: string;
  title: string;
  /** One line for people who choose. */
  description: string;
  /** Number of problems. */
  count: number;
  defaults: BenchmarkDefaults;
}

/** Made by a generator that is part of the project. */
export interface GeneratedEntry extends Described {
  kind: 'countdown';
}

/** One file of a data set on the hub. */
export interface HubEntry extends Described {
  kind: 'hub';
  /** `benchmark`: held out, to measure on. `training`: a list of problems to train on. */
  role: 'benchmark' | 'training';
  repository: string;
  /** Commit of the data set. */
  revision: string;
  split: string;
  /** Path in the repository. */
  file: string;
  /** Of the file at that commit, where it is known; else the hub's own checksum is all that is compared. */
  sha256?: string;
  fields: FieldMapping;
  answerKind: AnswerKind;
  /** The file is sorted by subject: its first problems would say nothing of the rest. */
  sorted?: boolean;
  /** As the data set's page states it. */
  licence: string;
  /** Its authors give access to people who ask for it only. */
  gated: boolean;
}

export type RegistryEntry = GeneratedEntry | HubEntry;

/** The paper validates at temperature 0.8 and reports pass@1, maj@16 and pass@16. */
const paperDefaults: BenchmarkDefaults = { samples: 16, k: 16, temperature: 0.8 };

const countdownDefaults: BenchmarkDefaults = { samples: 16, k: 16, temperature: 1 };

/** The one to report first comes first. */
export const registry: readonly RegistryEntry[] = [
  {
    kind: 'countdown',
    name: 'countdown-test',
    title: 'Countdown (test)',
    description: 'Held-out Countdown problems; nothing is downloaded.',
    count: benchmarkSize,
    defaults: countdownDefaults,
  },
  {
    kind: 'countdown',
    name: 'countdown-validation',
    title: 'Countdown (validation)',
    description: 'More held-out Countdown problems, to choose settings by.',
    count: benchmarkSize,
    defaults: countdownDefaults,
  },
  {
    kind: 'hub',
    role: 'benchmark',
    name: 'math500',
    title: 'MATH-500',
    description: 'Competition mathematics: 500 problems of the MATH test set.',
    repository: 'HuggingFaceH4/MATH-500',
    revision: '6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be',
    split: 'test',
    file: 'test.jsonl',
    sha256: '35dc41080a3680858b27fa7e0533d2d547825316fc5dafe5d316f4ccc5a06132',
    fields: {
      id: 'unique_id',
      problem: 'problem',
      answer: 'answer',
      solution: 'solution',
      category: 'subject',
    },
    answerKind: 'math',
    licence: 'MIT (MATH)',
    count: 500,
    gated: false,
    defaults: paperDefaults,
  },
  {
    kind: 'hub',
    role: 'benchmark',
    name: 'amc',
    title: 'AMC',
    description: 'AMC 12 of 2022 and 2023, 83 problems: the set behind the published AMC scores.',
    repository: 'AI-MO/aimo-validation-amc',
    revision: '69d78a4a2c840e82d69af6bc742bda09005f6316',
    split: 'train',
    file: 'data/train-00000-of-00001.parquet',
    sha256: '4de056fd006062cee46e3900727dd5d00094b8592ed0bfd6b5dfae2267f72dd7',
    fields: { id: 'id', problem: 'problem', answer: 'answer' },
    answerKind: 'math',
    licence: 'Apache-2.0; the problems are of the MAA',
    count: 83,
    gated: false,
    defaults: paperDefaults,
  },
  {
    kind: 'hub',
    role: 'benchmark',
    name: 'amc23',
    title: 'AMC 2023',
    description: 'AMC 12 of 2023, 40 problems.',
    repository: 'math-ai/amc23',
    revision: '80815d37005feb82cd7f8fbc6901d5d3eff43057',
    split: 'test',
    file: 'test-00000-of-00001.parquet',
    sha256: 'b696e87ba47be4e879a60fd4ef1d4aa522ba78c5ae013c6aff5cc9788a397c5e',
    fields: { id: 'id', problem: 'question', answer: 'answer' },
    answerKind: 'math',
    licence: 'Apache-2.0; the problems are of the MAA',
    count: 40,
    gated: false,
    defaults: paperDefaults,
  },
  {
    kind: 'hub',
    role: 'benchmark',
    name: 'aime24',
    title: 'AIME 2024',
    description: 'AIME I and II of 2024: 30 problems with whole-number answers.',
    repository: 'HuggingFaceH4/aime_2024',
    revision: '2fe88a2f1091d5048c0f36abc874fb997b3dd99a',
    split: 'train',
    file: 'data/train-00000-of-00001.parquet',
    sha256: '26139847601a5037c237d5928b195e7260ca8074cf4f264b794af42847f79ccf',
    fields: { id: 'id', problem: 'problem', answer: 'answer', solution: 'solution' },
    answerKind: 'math',
    licence: 'none stated; the problems are of the MAA',
    count: 30,
    gated: false,
    defaults: paperDefaults,
  },
  {
    kind: 'hub',
    role: 'benchmark',
    name: 'aime25',
    title: 'AIME 2025',
    description: 'AIME I and II of 2025: 30 problems with whole-number answers.',
    repository: 'math-ai/aime25',
    revision: '563bb8404243c5f09de6ec262f2db674fe5bce9b',
    split: 'test',
    file: 'test.jsonl',
    sha256: 'b4e273c02d3e7fe1b74b59eae768fc8230bfb0f79539890cb56f4361caac0331',
    fields: { id: 'id', problem: 'problem', answer: 'answer' },
    answerKind: 'math',
    licence: 'Apache-2.0; the problems are of the MAA',
    count: 30,
    gated: false,
    defaults: paperDefaults,
  },
  {
    kind: 'hub',
    role: 'benchmark',
    name: 'gpqa-diamond',
    title: 'GPQA Diamond',
    description: 'Graduate-level physics, chemistry and biology: 198 multiple-choice problems.',
    repository: 'Idavidrein/gpqa',
    revision: '633f5ee89ab8ad4522a9f850766b73f62147ffdd',
    split: 'train',
    file: 'gpqa_diamond.csv',
    fields: {
      id: 'Record ID',
      problem: 'Question',
      answer: 'Correct Answer',
      choices: ['Correct Answer', 'Incorrect Answer 1', 'Incorrect Answer 2', 'Incorrect Answer 3'],
      answerAs: 'text',
      solution: 'Explanation',
      category: 'High-level domain',
    },
    answerKind: 'choice',
    licence: 'CC BY 4.0; not to be shown in plain text online',
    count: 198,
    gated: true,
    // The paper reports pass@32 here too.
    defaults: { ...paperDefaults, samples: 32 },
  },
  {
    kind: 'hub',
    role: 'benchmark',
    name: 'mmlu-pro',
    title: 'MMLU-Pro',
    description: 'Multiple choice among up to ten, 14 subjects, 12,032 problems.',
    repository: 'TIGER-Lab/MMLU-Pro',
    revision: 'b189ec765aa7ed75c8acfea42df31fdae71f97be',
    split: 'test',
    file: 'data/test-00000-of-00001.parquet',
    sha256: '0e24a191921c2f453518a537a8b2117bd137e7714d4ef1565e9ba06c1ecb9ad8',
    fields: {
      id: 'question_id',
      problem: 'question',
      answer: 'answer',
      choices: 'options',
      answerAs: 'letter',
      category: 'category',
    },
    answerKind: 'choice',
    sorted: true,
    licence: 'MIT',
    count: 12_032,
    gated: false,
    // The paper reports pass@1 only.
    defaults: { ...paperDefaults, samples: 1, k: 1 },
  },
  {
    kind: 'hub',
    role: 'training',
    name: 'math-train',
    title: 'MATH (train)',
    description: 'The 7,500 training problems of MATH.',
    repository: 'DigitalLearningGmbH/MATH-lighteval',
    revision: '0530c78699ea5e8eb5530600900e1f328b48acad',
    split: 'train',
    file: 'data/train-00000-of-00001.parquet',
    fields: {
      problem: 'problem',
      answer: 'solution',
      answerIn: 'boxed',
      solution: 'solution',
      category: 'type',
    },
    answerKind: 'math',
    licence: 'MIT (MATH)',
    count: 7500,
    gated: false,
    defaults: paperDefaults,
  },
];

/** The entry of that name, or null. */
export const findEntry = (name: string): RegistryEntry | null =>
  registry.find((entry) => entry.name === name) ?? null;

/** @throws BenchmarkError for an unknown name, listing the known ones, the most similar first */
export function registryEntry(name: string): RegistryEntry {
  const entry = findEntry(name);
  if (entry !== null) return entry;
  const names = registry.map((known) => known.name).toSorted((a, b) => distance(name, a) - distance(name, b));
  throw new BenchmarkError(
    `there is no benchmark "${name}"`,
    `Known: ${names.join(', ')}. Your own file: {"file": "problems.jsonl", "problem": "problem", "answer": "answer"}.`,
  );
}
