/** Batch scripts: each text that goes into one comes out of it as it went in, as bash and as sbatch read it. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packageCommandByHand } from '../../../../src/engines/torch/environment/install-commands.js';
import { slurmScript } from '../../../../src/engines/torch/run/slurm.js';
import { InputError } from '../../../../src/errors.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';

const options = { python: '/opt/python', packageFolder: '/lab/src/torch', runDirectory: "/runs/it's" };
const experiment = (torch: object) => experimentSchema.parse({ engine: 'torch', torch });

test('a Slurm script starts every machine on the same run', () => {
  const text = slurmScript({ ...options, experiment: experiment({ nodes: 3, processes: 8 }) });
  expect(text).toContain('#SBATCH --nodes=3\n');
  expect(text).toContain('#SBATCH --gpus-per-node=8\n');
  expect(text).toContain('--num_processes $((SLURM_NNODES * 8))');
  expect(text).toContain("export RUN='/runs/it'\\''s'\n");
});

test('a Slurm script takes any folder, all processors and a port of its own', () => {
  const runDirectory = '/my runs/"a" \\ #1';
  const text = slurmScript({ ...options, runDirectory, experiment: experiment({}) });
  // As sbatch reads it: in double quotes, with backslashes in front of those and of themselves.
  expect(text).toContain('#SBATCH --chdir="/my runs/\\"a\\" \\\\ #1"\n');
  expect(text).toContain('#SBATCH --output=slurm-%j.txt\n');
  expect(text).toMatch(/^export SRUN_CPUS_PER_TASK=.*SLURM_CPUS_PER_TASK/m);
  expect(text).toContain('PORT=$((20000 + SLURM_JOB_ID % 10000))\n');
  expect(text).toContain('--main_process_port "$PORT"');
});

test('a Slurm script names the files that rewards are made of, each on a line of its own', () => {
  const rewards = [
    { name: 'correct' },
    { name: 'even', python: '/mine/my rewards.py:even' },
    { name: 'odd', python: '/mine/my rewards.py:odd' },
    { name: 'short', command: ['node', '/mine/short.mjs', '--fast'] },
  ];
  const rewarded = experimentSchema.parse({ engine: 'torch', rewards });
  const text = slurmScript({ ...options, experiment: rewarded });
  expect(text).toContain(
    '# Rewards are made of these files, which they must see, too:\n#   "/mine/my rewards.py"\n#   "/mine/short.mjs"\nexport RUN=',
  );
  expect(slurmScript({ ...options, experiment: experiment({}) })).not.toContain('Rewards');
});

test('GPUs are numbered by the bus unless the job says otherwise', () => {
  const text = slurmScript({ ...options, experiment: experiment({}) });
  const [line = ''] = /^export CUDA_DEVICE_ORDER=.*$/m.exec(text) ?? [];
  const order = (before: Record<string, string>) =>
    spawnSync('bash', ['-c', `${line}; echo "$CUDA_DEVICE_ORDER"`], { encoding: 'utf8', env: before }).stdout;
  expect(order({})).toBe('PCI_BUS_ID\n');
  expect(order({ CUDA_DEVICE_ORDER: 'FASTEST_FIRST' })).toBe('FASTEST_FIRST\n');
});

/** What is likely to be read as something else, and any other text. */
const texts = fc.oneof(
  fc.constantFrom(
    '-x',
    '--',
    "it's",
    '"',
    '\\',
    '$HOME',
    '$(id)',
    '`id`',
    '%j',
    '#',
    '!',
    '~',
    ' ',
    '*',
    'é',
    '雪',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const text = fc.array(texts, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
const printable = text.map((one) => one.replace(/[\p{Cc}\p{Cs}]/gu, ''));
const path = printable.map((one) => `/runs/${one}`);

/** A word of an #SBATCH line, as sbatch's own `_get_argument` reads it. */
function sbatchWord(line: string): string {
  let word = '';
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === '\\') word += line[++at];
    else if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (quote === '' && (/\s/.test(character) || character === '#')) return word;
    else word += character;
  }
  return quote === '' ? word : `${word} (unfinished)`;
}

const directive = (script: string, name: string) =>
  sbatchWord(new RegExp(`^#SBATCH --${name}=([^\\n]*)`, 'm').exec(script)?.[1] ?? '');

test('any folder, interpreter, configuration and name comes out as it went in', () => {
  const names = ['RUN', 'PYTHON', 'PYTHONPATH', 'ACCELERATE_CONFIG'];
  fc.assert(
    fc.property(path, text, path, printable, (runDirectory, python, configuration, name) => {
      const folders = { runDirectory: runDirectory.replaceAll(':', ''), packageFolder: '/lab/a b', python };
      fc.pre(!python.includes('\0'));
      const accelerateConfig = `${configuration}/a.yaml`;
      const script = slurmScript({ ...folders, experiment: { ...experiment({ accelerateConfig }), name } });
      expect(directive(script, 'chdir')).toBe(folders.runDirectory);
      expect(directive(script, 'job-name')).toBe(`g2rl-${name}`);
      // What bash makes of the values, and of the folder that it starts in.
      const values = script.slice(script.indexOf('export RUN='), script.indexOf('export HF_HUB'));
      const [folder = ''] = /^cd [^\n]*/m.exec(script.slice(script.indexOf('# Other files'))) ?? []; // The shell's lines end with line feeds alone: U+2028 is a character of a name.
      const shown = names.map((one) => `printf '%s\\0' "$${one}"`).join('; ');
      const bash = spawnSync('bash', [
        '-c',
        `set -eu\n${values}cd() { printf '%s\\0' "$1"; }\n${shown}\n${folder}`,
      ]);
      const expected = [folders.runDirectory, python, folders.packageFolder, accelerateConfig, configuration];
      expect(bash.stdout.toString('utf8')).toBe(expected.map((one) => `${one}\0`).join(''));
      expect(bash.stderr.toString('utf8')).toBe('');
      // Nothing of them is an instruction of its own: the lines are those of any script.
      expect(script.split('\n').filter((line) => line.startsWith('#SBATCH'))).toHaveLength(9);
    }),
    { numRuns: 60 },
  );
});

test.each(['\n', '\r', '\t', '\u007f', '\u0085'])(
  'a character %j is refused by name, with what to do',
  (bad) => {
    const script = (more: object) => () => slurmScript({ ...options, experiment: experiment({}), ...more });
    const runDirectory = `/runs/a${bad}#SBATCH --wrap=evil`;
    expect(script({ runDirectory })).toThrow(InputError);
    expect(script({ runDirectory })).toThrow(/^The folder of the run has the character "/);
    const name = `a${bad}b`;
    expect(script({ experiment: { ...experiment({}), name } })).toThrow(/^name has the character "/);
  },
);

test('a folder that PYTHONPATH would split is refused', () => {
  const packageFolder = '/runs/12:30/torch';
  expect(() => slurmScript({ ...options, packageFolder, experiment: experiment({}) })).toThrow(/PYTHONPATH/);
});

test('what a person is to type in a shell is one word for each part', () => {
  fc.assert(
    fc.property(path, (python) => {
      const line = packageCommandByHand({ python, uv: null }, 'trl[vllm]');
      const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${line}`]);
      const words = [python, '-m', 'pip', 'install', 'trl[vllm]'];
      expect(stdout.toString('utf8')).toBe(words.map((one) => `${one}\0`).join(''));
    }),
    { numRuns: 40 },
  );
});
