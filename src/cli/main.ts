#!/usr/bin/env node
/** Entry of `g2rl`: its commands and their options. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExtractionKind } from '../answers/index.js';
import { benchmarkNames, deviceSchema, sizeLimits } from '../experiment/index.js';
import { again, settings } from './again.js';
import { catchTheRest, finish } from './boundary.js';
import { type CheckOptions, check } from './check.js';
import { version } from './context.js';
import { type DevicesOptions, devices } from './devices.js';
import { type EvaluateOptions, evaluate, type PretrainOptions, pretrain } from './evaluate.js';
import type { ExportOptions } from './export.js';
import type { ImportLogsOptions } from './import-logs.js';
import type { ImportOptions } from './import-results.js';
import { runs, stop } from './manage.js';
import type { McpOptions } from './mcp.js';
import { type MergeOptions, merge } from './merge.js';
import type { RejudgeOptions } from './rejudge.js';
import type { ReportOptions } from './report.js';
import { type SetupOptions, setup } from './setup.js';
import { slurm } from './slurm.js';
import type { StudyOptions } from './study.js';
import { type ResumeOptions, resume, type TrainOptions, train } from './train.js';

function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

catchTheRest();

const runsOption = ['--runs <folder>', 'folder of the runs (default: .g2rl/runs)'] as const;
const setOption = ['--set <key=value>', 'overrides a field, as in --set optimization.steps=50'] as const;
const pythonOption = ['--python <file>', 'Python of the torch engine (default: detected)'] as const;
const afterOption = ['--after <run>', 'wait for the end of a run: its id, or a part of it'] as const;
const jsonOption = ['--json', 'print one JSON object for machines'] as const;

const deviceOption = (description: string) =>
  new Option('--device <device>', description).choices(deviceSchema.options);

const program = new Command('g2rl')
  .description('Reinforcement learning of language models with G2RL, and tools to inspect its runs.')
  .version(version())
  .showSuggestionAfterError();

program
  .command('train')
  .description('train as an experiment file says, and follow the run')
  .argument('<experiment file>', '*.g2rl.json')
  .option(...setOption, collect)
  .option(...afterOption)
  .option(...runsOption)
  .option(...jsonOption)
  .option('--detach', 'start it and return')
  .option(...pythonOption)
  .action((file: string, options: TrainOptions) => finish(train(file, options)));

program
  .command('check')
  .description('say what is wrong with an experiment file, and what was probably not intended')
  .argument('<experiment file>', '*.g2rl.json')
  .option(...setOption, collect)
  .option(...jsonOption)
  .action((file: string, options: CheckOptions) => finish(check(file, options)));

program
  .command('again')
  .description('start a run once more with the settings that it had, and follow it')
  .argument('<run>', 'folder, id, or a part of the id')
  .option('--next-seed', 'with the first seed that no run of its experiment has had')
  .option(...setOption, collect)
  .option(...afterOption)
  .option(...runsOption)
  .option(...jsonOption)
  .option('--detach', 'start it and return')
  .option(...pythonOption)
  .action((run: string, options: TrainOptions & { nextSeed?: boolean }) => finish(again(run, options)));

program
  .command('settings')
  .description('write the settings of a run as an experiment file')
  .argument('<run>', 'folder, id, or a part of the id')
  .option('--output <file>', 'a new file, named *.g2rl.json (default: standard output)')
  .option(...runsOption)
  .action((run: string, options: { runs?: string; output?: string }) => finish(settings(run, options)));

program
  .command('resume')
  .description('resume a run from its newest checkpoint')
  .argument('<run>', 'folder, id, or a part of the id')
  .option(...runsOption)
  .option(...jsonOption)
  .addOption(deviceOption('where the embedded engine computes from now on (default: as the experiment says)'))
  .option('--detach', 'start it and return')
  .option(...pythonOption)
  .action((run: string, options: ResumeOptions) => finish(resume(run, options)));

program
  .command('setup')
  .description('show what the torch engine has and lacks on this machine')
  .option('--install', 'install what is missing, into a separate environment')
  .option('--cpu', 'install a torch without CUDA, which is much smaller')
  .option('--environment <folder>', 'folder of that environment')
  .option(...pythonOption)
  .option(...jsonOption)
  .action((options: SetupOptions) => finish(setup(options)));

program
  .command('devices')
  .description('test and show what each engine can compute on here, and why it cannot on the rest')
  .option(...pythonOption)
  .option(...jsonOption)
  .action((options: DevicesOptions) => finish(devices(options)));

program
  .command('slurm')
  .description(
    'make a run for several machines, or the runs of a study, and the batch script that starts them',
  )
  .argument('<file>', '*.g2rl.json or *.g2rl-study.json with the torch engine')
  .option(...setOption, collect)
  .option(...runsOption)
  .option(...pythonOption)
  .action((file: string, options: TrainOptions) => finish(slurm(file, options)));

program
  .command('stop')
  .description('stop a run, with a checkpoint')
  .argument('<run>', 'folder, id, or a part of the id')
  .option('--now', 'do not wait for the current step')
  .option(...runsOption)
  .action((run: string, options: { now?: boolean; runs?: string }) => finish(stop(run, options)));

program
  .command('evaluate')
  .description('score a checkpoint or model folder on a benchmark')
  .argument('<folder>', 'checkpoint or Hugging Face folder')
  .option('--benchmark <name>', `one of ${benchmarkNames.join(', ')}; with --file any name`)
  .option('--file <path>', 'JSON Lines, JSON, CSV, TSV or parquet file of problems instead of a download')
  .option('--problem <field>', 'field of the file with the problem')
  .option('--answer <field>', 'field of the file with the answer')
  .option('--choices <field>', 'field of the file with the list of choices')
  .option(
    '--samples <n>',
    "responses for each problem (default: the benchmark's)",
    wholeNumber(1, sizeLimits.samples),
  )
  .option(
    '--limit <n>',
    'problems from the start of the benchmark (default: all; 200 of Countdown)',
    wholeNumber(1, sizeLimits.problems),
  )
  .option(
    '--temperature <t>',
    'sampling temperature; 0 is greedy (default: 1 for Countdown, else 0.8)',
    number,
  )
  .option(
    '--max-new-tokens <n>',
    "longest response (default: the run's, else 32 for Countdown and 2048)",
    wholeNumber(1, sizeLimits.tokens),
  )
  .option(
    '--embedding-model <model>',
    "sentence-embedding model by which texts are compared: a folder, a name on the hub, or a shipped policy (default: the run's, if any)",
  )
  .option('--seed <n>', 'seed of the sampling', wholeNumber(0, 2 ** 31 - 1), 0)
  .option(
    '--threads <n>',
    'threads of the engine; 0 uses one per core',
    wholeNumber(0, sizeLimits.threads),
    0,
  )
  .addOption(
    deviceOption(
      'where the embedded engine computes; auto: as the run of the checkpoint trained, else the processor',
    ).default('auto'),
  )
  .option(...pythonOption)
  .option(...jsonOption)
  .action((folder: string, options: EvaluateOptions) => finish(evaluate(folder, options)));

program
  .command('pretrain')
  .description('make a starting policy by supervised training')
  .option('--config <file>', 'settings in JSON')
  .option('--output <folder>', 'where the policy is written', 'policy')
  .option(...setOption, collect)
  .option(...jsonOption)
  .action((options: PretrainOptions) => finish(pretrain(options)));

program
  .command('merge')
  .description('make an ordinary policy folder of a checkpoint of adapters (torch.lora)')
  .argument('<checkpoint>', 'folder with an adapter_config.json')
  .requiredOption('--output <folder>', 'where the policy is written')
  .option(...jsonOption)
  .action((folder: string, options: MergeOptions) => finish(merge(folder, options)));

program
  .command('runs')
  .description('list the runs')
  .option(...runsOption)
  .option(...jsonOption)
  .action((options: { json?: boolean; runs?: string }) => finish(runs(options)));

/** Only these commands need studies. */
const study = program.command('study').description('compare variants of an experiment over several seeds');
const studyCommands = [
  ['plan', 'list the runs, what differs in each, and what they will take', '<study file>'],
  ['run', 'begin the study, or extend the one that the file has begun, and follow it', '<study file>'],
  ['status', 'show its runs and their states', '<study>'],
  ['stop', 'stop its runs, with checkpoints', '<study>'],
  ['resume', 'go on with a study that was stopped or interrupted', '<study>'],
  ['report', 'compare the variants: scores, intervals, tests, and one sentence', '<study>'],
] as const;
for (const [name, description, argument] of studyCommands) {
  const command = study
    .command(name)
    .description(description)
    .argument(
      argument,
      argument === '<study>' ? 'study file, folder, id, or a part of the id' : '*.g2rl-study.json',
    )
    .option(...runsOption)
    .action(async (query: string, options: StudyOptions) => {
      const commands = await import('./study.js');
      await finish(commands[name](query, options));
    });
  if (name !== 'stop') command.option(...jsonOption);
  if (name === 'report') {
    const formats = ['csv', 'markdown', 'latex'];
    command.addOption(
      new Option('--table <format>', 'the table alone; in CSV with every figure').choices(formats),
    );
  }
  if (name === 'stop') command.option('--now', 'do not wait for the current step');
  if (name === 'run') {
    command.option('--new', 'begin anew, beside an earlier study of the same file');
    command.option('--yes', 'start a study of many runs without being asked');
  }
  if (name === 'run' || name === 'resume') command.option('--detach', 'start it and return');
  if (name === 'run' || name === 'resume' || name === 'plan') command.option(...pythonOption);
}

program
  .command('report')
  .description(
    'write a study, or runs, as one HTML file to send: findings, curves, groups, and how to repeat it',
  )
  .argument('<what...>', 'a study file, or runs')
  .requiredOption('--html <file>', 'file to write')
  .option(...runsOption)
  .action(async (queries: string[], options: ReportOptions) => {
    const { report } = await import('./report.js');
    await finish(report(queries, options));
  });

program
  .command('export')
  .description('write metrics, groups (a row for each response) and scores of runs as tables')
  .argument('<runs...>', 'folders, ids, or parts of ids')
  .addOption(new Option('--format <format>', 'of the files').choices(['csv', 'parquet']).default('csv'))
  .addOption(new Option('--only <records>', 'one of the tables').choices(['metrics', 'groups', 'benchmarks']))
  .option('--output <folder>', 'folder for the files', '.')
  .option('--csv', 'the same as --format csv')
  .option('--parquet', 'the same as --format parquet')
  .option(...runsOption)
  .option(...jsonOption)
  .action(
    async (
      runs: string[],
      { csv, parquet, ...options }: ExportOptions & { csv?: boolean; parquet?: boolean },
    ) => {
      const format = parquet ? 'parquet' : csv ? 'csv' : options.format;
      const { exportRuns } = await import('./export.js');
      await finish(exportRuns(runs, { ...options, format }));
    },
  );

program
  .command('shape')
  .description('read groups of features and rewards as JSON lines, write what the method computes from them')
  .action(async () => {
    // Only this command needs the method.
    const { shape } = await import('./shape.js');
    await finish(shape(process.stdin, process.stdout).then(({ failed }) => (failed > 0 ? 1 : 0)));
  });

program
  .command('import-results')
  .description(
    'add scores and responses of other programs to a run: results_*.json and samples_*.jsonl of lm-evaluation-harness, or {"id", "responses"} lines',
  )
  .argument('<files...>', 'files of results')
  .requiredOption('--run <run>', 'folder, id, or a part of the id')
  .requiredOption(
    '--step <n>',
    'step of the policy that was evaluated; 0 is the starting policy',
    wholeNumber(0, sizeLimits.steps),
  )
  .option('--benchmark <name>', "name to store them under (default: the harness's name of the task)")
  .option('--file <path>', 'file of the problems, for responses that do not say what was asked')
  .option('--problem <field>', 'field of that file with the problem')
  .option('--answer <field>', 'field of that file with the answer')
  .addOption(new Option('--kind <kind>', 'how responses are judged').choices(['math', 'choice']))
  .option(...runsOption)
  .option(...jsonOption)
  .action(async (files: string[], options: ImportOptions) => {
    const { importFiles } = await import('./import-results.js');
    await finish(importFiles(files, options));
  });

program
  .command('import')
  .description(
    'read logs of other programs as runs: TRL, verl, TensorBoard, trackio, W&B offline, lm-evaluation-harness, JSON Lines, CSV',
  )
  .argument('<paths...>', 'files or folders of logs')
  .option('--follow', 'go on while the logs grow, until Ctrl-C')
  .option(
    '--map <field=column>',
    'which column of JSON Lines or CSV is the step, time, prompt, completion, reward: --map step=global_step',
    collect,
  )
  .option(...runsOption)
  .option(...jsonOption)
  .action(async (paths: string[], options: ImportLogsOptions) => {
    const { importLogFiles } = await import('./import-logs.js');
    await finish(importLogFiles(paths, options));
  });

program
  .command('rejudge')
  .description(
    'judge the kept responses of evaluations again, by the judge of this version, and add the scores',
  )
  .argument('<run or file>', 'run (folder, id, or a part of the id), or a file of its folder evaluations')
  .option('--step <n>', 'only the scores of this step', wholeNumber(0, sizeLimits.steps))
  .option('--benchmark <name>', 'only the scores of this benchmark')
  .option('--dry-run', 'only show what would change')
  .option('--other-judges', 'also what other judges have scored, such as math-verify')
  .option(...runsOption)
  .option(...jsonOption)
  .action(async (target: string, options: RejudgeOptions) => {
    const { rejudge } = await import('./rejudge.js');
    await finish(rejudge(target, options));
  });

program
  .command('query')
  .description('ask the runs: series, groups, prompts, responses, evaluations, logs, studies')
  .usage('<question> [options]; g2rl query --help lists the questions')
  .argument('[words...]')
  .allowUnknownOption()
  .helpOption(false)
  .action(async (words: string[]) => {
    const { query } = await import('./query.js');
    await query(words);
  });

program
  .command('mcp')
  .description(
    'answer questions about runs to agents: a server of the Model Context Protocol on standard input',
  )
  .option('--allow-control', 'also start, stop and resume runs, each after a confirmation')
  .option(...runsOption)
  .option(...pythonOption)
  .action(async (options: McpOptions) => {
    const { mcp } = await import('./mcp.js');
    await finish(mcp(options));
  });

program
  .command('verify')
  .description(
    'judge answers: read {"gold":…,"pred":…} as JSON lines, write whether they are equivalent and why',
  )
  .option('--jsonl', 'JSON lines in and out (the only format)')
  .addOption(
    new Option('--kind <kind>', 'how responses are read').choices(['math', 'choice', 'text']).default('math'),
  )
  .action(async ({ kind }: { kind: ExtractionKind }) => {
    const { verify } = await import('./verify.js');
    await finish(verify(process.stdin, process.stdout, kind).then(({ failed }) => (failed > 0 ? 1 : 0)));
  });

void program.parseAsync();
