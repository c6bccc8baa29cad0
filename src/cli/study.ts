/** `g2rl study …`: plan, run, watch, stop and report studies. */
import { basename, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  estimateText,
  type NewStudy,
  planStudy,
  readNewStudy,
  startStudyRunner,
} from '../actions/studies/index.js';
import { engineChecks } from '../engines/checks/index.js';
import { KnownError } from '../errors.js';
import { formatProblem } from '../experiment/index.js';
import { type Table, type TableFormat, writeTable } from '../export/index.js';
import { oneLine } from '../runs/facts/index.js';
import { beginStudy, stopStudy } from '../studies/control/index.js';
import {
  findStudy,
  readStudy,
  runStateOf,
  type StudyFolder,
  studiesDirectoryOf,
} from '../studies/folder/index.js';
import { loadStudy, settingDifferences } from '../studies/plan/index.js';
import {
  type BenchmarkReport,
  benchmarkTables,
  geometryTable,
  reportStudy,
  type StudyReport,
  scoreTable,
} from '../studies/report/index.js';
import { hostOf, runsDirectory } from './context.js';
import { table } from './tables.js';
import { interruptedExitCode, terminal } from './terminal.js';

export interface StudyOptions {
  runs?: string;
  json?: boolean;
  detach?: boolean;
  python?: string;
  new?: boolean;
  yes?: boolean;
  now?: boolean;
  table?: TableFormat;
}

/** More runs than these are asked about before they start. */
const manyRuns = 100;

const say = (line: string) => process.stderr.write(`${line}\n`);
const print = (line: string) => process.stdout.write(`${line}\n`);
const printJson = (value: object) => print(JSON.stringify(value));

const studiesDirectory = (options: StudyOptions): string => studiesDirectoryOf(runsDirectory(options.runs));

const newStudyOf = (file: string, options: StudyOptions): NewStudy => ({
  runsDirectory: runsDirectory(options.runs),
  read: async (engine) => {
    const loaded = loadStudy(file, {
      mediaDirectory: hostOf(options).mediaDirectory,
      engineChecks,
      ...engine,
    });
    // With engine `auto` the file is read again, and the warnings come then.
    if (loaded.arms.some(({ experiment }) => experiment.engine === 'auto')) return loaded;
    for (const warning of loaded.warnings) say(`warning: ${formatProblem(warning)}`);
    return loaded;
  },
});

export async function plan(file: string, options: StudyOptions): Promise<number> {
  const newStudy = newStudyOf(file, options);
  const loaded = await readNewStudy(newStudy, hostOf(options), terminal);
  const { study, arms, seeds } = loaded;
  const planned = await planStudy(loaded, { runsDirectory: newStudy.runsDirectory });
  const finished = new Set(planned.finished.map(({ arm, seed }) => `${arm.name} ${seed}`));
  const differences = settingDifferences(arms.map(({ experiment }) => experiment));
  const runs = arms.flatMap(({ name, variant, point }) =>
    seeds.map((seed) => ({ arm: name, variant, point, seed, finished: finished.has(`${name} ${seed}`) })),
  );
  const { left, estimate } = planned;
  if (options.json) {
    const { name, baseline, score } = study;
    printJson({ name, baseline, score, runs, differences, left, estimate });
    return 0;
  }
  const head = ['', ...differences.map(({ path }) => path), 'seeds', 'finished'];
  const rows = arms.map(({ name }, place) => [
    name === study.baseline ? `${name} (baseline)` : name,
    ...differences.map(({ values }) => settingText(values[place]!)),
    String(seeds.length),
    String(runs.filter((run) => run.arm === name && run.finished).length),
  ]);
  print(table([head, ...rows]));
  print(
    `\n${runs.length} runs, ${left} to do; compared by ${study.score.metric} of ${study.score.benchmark} (${stepText(study.score.step)}).`,
  );
  print(estimateText(planned));
  return 0;
}

const settingText = (setting: { value: unknown } | 'absent'): string =>
  setting === 'absent'
    ? '–'
    : typeof setting.value === 'string'
      ? setting.value
      : JSON.stringify(setting.value);

const stepText = (step: string | number): string =>
  step === 'last' ? 'last evaluation' : step === 'best' ? 'best evaluation' : `step ${step}`;

export async function run(file: string, options: StudyOptions): Promise<number> {
  const newStudy = newStudyOf(file, options);
  const loaded = await readNewStudy(newStudy, hostOf(options), terminal);
  const count = loaded.arms.length * loaded.seeds.length;
  if (count > manyRuns && !options.yes)
    throw new KnownError(
      `${loaded.file}: the study has ${count.toLocaleString('en-US')} runs.`,
      'Add --yes to start it all the same.',
    );
  const study = await beginStudy(loaded, {
    runsDirectory: newStudy.runsDirectory,
    ...(options.new && { anew: true }),
  });
  return start(study, options);
}

export async function resume(query: string, options: StudyOptions): Promise<number> {
  return start(await findStudy(studiesDirectory(options), query), options);
}

async function start(study: StudyFolder, options: StudyOptions): Promise<number> {
  await startStudyRunner(study, hostOf(options), terminal);
  const { directory, manifest } = study;
  if (options.detach) {
    if (options.json) printJson({ id: manifest.id, directory });
    else print(`Study in ${directory}`);
    return 0;
  }
  say(`Study ${directory}`);
  const { interrupted, folder } = await follow(directory);
  if (options.json) printJson({ ...(await summary(folder)), report: await reportStudy(folder) });
  else print(reportText(await reportStudy(folder)));
  if (folder.status?.error) say(`${folder.status.error.message}\n  ${folder.status.error.hint}`);
  if (interrupted) return interruptedExitCode;
  return folder.state === 'finished' ? 0 : 1;
}

/** Until the runner is gone. The first Ctrl-C asks it to stop with checkpoints, the second not to wait for steps. */
async function follow(directory: string): Promise<{ interrupted: boolean; folder: StudyFolder }> {
  let presses = 0;
  const onSignal = () => {
    presses++;
    const mode = presses === 1 ? 'checkpoint' : 'now';
    say(presses === 1 ? 'Stopping the runs after this step, with checkpoints.' : 'Stopping at once.');
    void readStudy(directory)
      .then((study) => stopStudy(study, { mode }))
      .catch((error: unknown) => say(String(error)));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    for (let last = ''; ; await sleep(500)) {
      const folder = await readStudy(directory);
      const text = await progressText(folder);
      if (text !== last) say(text);
      last = text;
      if (folder.state !== 'running' && folder.state !== 'stopping')
        return { interrupted: presses > 0, folder };
    }
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

async function progressText(folder: StudyFolder): Promise<string> {
  const { state, runs, finished, failed, active } = await summary(folder);
  const parts = [`${finished} of ${runs} runs finished`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (active.length > 0)
    parts.push(`at work: ${active.map(({ arm, seed }) => `${arm} seed ${seed}`).join(', ')}`);
  return `${state}: ${parts.join(', ')}`;
}

async function summary(folder: StudyFolder) {
  const states = await Promise.all(folder.runs.map(runStateOf));
  const rows = folder.runs.map((run, place) => ({
    arm: run.arm.name,
    variant: run.variant,
    point: run.point,
    seed: run.seed,
    run: run.directory === null ? null : basename(run.directory),
    adopted: run.adopted,
    state: states[place] ?? null,
  }));
  const { directory, manifest, state, status } = folder;
  return {
    id: manifest.id,
    name: manifest.name,
    directory,
    file: manifest.file,
    state,
    runs: rows.length,
    finished: rows.filter((row) => row.state === 'finished').length,
    failed: rows.filter((row) => row.state === 'failed').length,
    active: rows.filter(
      (row) => row.state !== null && !['finished', 'stopped', 'failed'].includes(row.state),
    ),
    error: status?.error ?? null,
    list: rows,
  };
}

export async function status(query: string, options: StudyOptions): Promise<number> {
  const folder = await findStudy(studiesDirectory(options), query);
  const found = await summary(folder);
  if (options.json) {
    printJson(found);
    return 0;
  }
  print(await progressText(folder));
  print(
    table([
      ['', 'seed', 'state', 'run'],
      ...found.list.map(({ arm, seed, state, run, adopted }) => [
        arm,
        String(seed),
        state ?? 'not begun',
        `${run ?? '–'}${adopted ? ' (adopted)' : ''}`,
      ]),
    ]),
  );
  if (found.error) say(`${found.error.message}\n  ${found.error.hint}`);
  return 0;
}

export async function stop(query: string, options: StudyOptions): Promise<number> {
  const folder = await findStudy(studiesDirectory(options), query);
  const before = folder.state;
  const task = { title: `Stopping the study ${folder.manifest.name}`, cancellable: false };
  const state = await terminal.progress(task, (report) => {
    report({ message: 'its runs finish their step and write checkpoints' });
    return stopStudy(folder, { mode: options.now ? 'now' : 'checkpoint' });
  });
  print(
    before === 'running' || before === 'stopping' ? `${state}.` : `Nothing to stop: the study is ${state}.`,
  );
  return 0;
}

export async function report(query: string, options: StudyOptions): Promise<number> {
  const found = await reportStudy(await findStudy(studiesDirectory(options), resolveIfFile(query)));
  if (options.json) printJson(found);
  else if (options.table) process.stdout.write(tablesText(found, options.table));
  else print(reportText(found));
  return 0;
}

const resolveIfFile = (query: string): string =>
  query.endsWith('.json') || query.endsWith('.jsonc') ? resolve(query) : query;

function reportText(report: StudyReport): string {
  const { benchmark, step, sentences, sentence, notes, benchmarks } = report;
  const all: [string, BenchmarkReport][] = [[benchmark, report], ...Object.entries(benchmarks)];
  const parts = all.flatMap(([name, one]) => {
    const geometry = geometryTable(one);
    const scores = plainTable(scoreTable(one, 'scores'));
    return [`${name}, ${stepText(step)}`, scores, geometry ? plainTable(geometry) : ''];
  });
  parts.push(...(sentences.length > 0 ? sentences : [sentence]), ...notes.map((note) => `Note: ${note}`));
  return parts.filter(Boolean).join('\n\n');
}

/** Of every benchmark: in CSV one table with every figure, else one table each. */
function tablesText(report: StudyReport, format: TableFormat): string {
  const tables = benchmarkTables(report, format === 'csv' ? 'figures' : 'scores');
  if (format === 'csv') {
    const columns = ['benchmark', ...(tables[0]?.table.columns ?? [])];
    const rows = tables.flatMap(({ benchmark, table: { rows: all } }) =>
      all.map((row) => [benchmark, ...row]),
    );
    return writeTable({ columns, rows }, format);
  }
  const heading = format === 'latex' ? '% ' : '### ';
  return tables
    .map(({ benchmark, table: one }) =>
      [
        ...(tables.length > 1 ? [`${heading}${oneLine(benchmark, 200)}`, ''] : []),
        writeTable(one, format),
      ].join('\n'),
    )
    .join('\n');
}

function plainTable({ columns, rows }: Table): string {
  return rows.length === 0
    ? ''
    : table([columns, ...rows.map((row) => row.map((cell) => String(cell ?? '–')))]);
}
