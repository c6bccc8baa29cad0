/** The reports of a study and of runs. */
import { basename } from 'node:path';
import type { Table } from '../export/index.js';
import { saidSettings, scores } from '../runs/facts/index.js';
import { type BenchmarkRecord, RunFileError } from '../runs/protocol/index.js';
import { RunReader } from '../runs/read/index.js';
import type { StudyFolder } from '../studies/folder/index.js';
import { settingDifferences } from '../studies/plan/index.js';
import {
  type BenchmarkReport,
  figureTable,
  geometryTable,
  reportStudy,
  scoreTable,
} from '../studies/report/index.js';
import type { ReportDocument, ReportedGroup } from './document.js';
import { type CurveOf, chartsOf, chosenGroup, isThinned, mostPoints } from './parts.js';

/** Runs whose groups are shown; a report is to be read. */
const mostGroups = 6;

/** @throws {RunFileError} */
export async function studyDocument(folder: StudyFolder): Promise<ReportDocument> {
  const { manifest } = folder;
  const report = await reportStudy(folder);
  const arms = Map.groupBy(folder.runs, ({ arm }) => arm.name);
  const curves: CurveOf[] = [];
  for (const [name, runs] of arms) {
    const readers = await Promise.all(
      runs.map(({ directory }) => (directory === null ? null : readRun(directory))),
    );
    curves.push({ name, runs: readers.filter((reader) => reader !== null) });
  }
  return {
    title: `Study ${manifest.name}`,
    facts: [
      `${report.runs.finished} of ${report.runs.planned} runs finished. Baseline: ${manifest.study.baseline}. ${report.benchmark}, ${stepText(report.step)}.`,
      ...(manifest.study.description === undefined ? [] : [manifest.study.description]),
    ],
    sentences: report.sentences.length > 0 ? report.sentences : [report.sentence],
    notes: [...report.notes, ...judgeNotes(curves), ...thinningNotes(curves)],
    tables: [
      {
        title: `${report.benchmark}: mean ± standard deviation over seeds; * differs from the baseline`,
        table: scoreTable(report, 'scores'),
      },
      ...geometry(report.benchmark, report),
      { title: `${report.benchmark}: every figure`, table: rounded(figureTable(report)) },
      ...Object.entries(report.benchmarks).flatMap(([name, other]) => [
        { title: name, table: scoreTable(other, 'scores') },
        ...geometry(name, other),
      ]),
      ...settings(curves),
    ],
    charts: chartsOf(curves),
    groups: await groupsOf(curves),
    repeat: [
      { title: `${basename(manifest.file)}, the study`, text: JSON.stringify(manifest.study, null, 2) },
      { title: `${basename(manifest.experimentFile)}, its experiment`, text: manifest.experimentText },
      { title: 'How to start it', text: `g2rl study run ${basename(manifest.file)}` },
      ...versions(curves),
    ],
  };
}

/** Of responses with features: mean S, share of negative pairs, log det(I + S), cosine of the texts, distinct@k. */
function geometry(benchmark: string, report: BenchmarkReport): ReportDocument['tables'] {
  const table = geometryTable(report);
  return table ? [{ title: `${benchmark}: geometry of the responses to a problem`, table }] : [];
}

const stepText = (step: string | number): string =>
  typeof step === 'number' ? `step ${step}` : `the ${step} evaluation of each run`;

/** @param directories folders of runs, one curve each @throws {RunFileError} */
export async function runsDocument(directories: readonly string[]): Promise<ReportDocument> {
  const readers = await Promise.all(directories.map(openWithSeries));
  const curves = readers.map((run) => ({ name: run.summary.name, runs: [run] }));
  const names = new Set(curves.map(({ name }) => name));
  // Runs of one name are told apart by their ids.
  if (names.size < curves.length) for (const curve of curves) curve.name = curve.runs[0]!.summary.id;
  const columns = [
    'run',
    'state',
    'seed',
    'benchmark',
    'step',
    'pass@1',
    '±',
    'maj@k',
    'pass@k',
    'mean S',
    'S < 0',
    'log det',
    'judge',
  ];
  const rows = curves.flatMap(({ name, runs: [run] }) =>
    scores(run!.benchmarks).map(({ benchmark, last }) => [
      name,
      run!.summary.state,
      run!.summary.manifest.seed,
      benchmark,
      last.step,
      percent(last.pass_at_1),
      percent(last.pass_at_1_se),
      percent(last.maj_at_k),
      percent(last.pass_at_k),
      last.similarity_mean?.toFixed(3) ?? null,
      last.negative_pair_ratio === null ? null : percent(last.negative_pair_ratio),
      last.logdet_mean?.toFixed(2) ?? null,
      last.judge ? judgeName(last.judge) : null,
    ]),
  );
  return {
    title: readers.length === 1 ? `Run ${curves[0]!.name}` : `${readers.length} runs`,
    facts: readers.map(({ summary: { id, state, manifest } }) =>
      manifest.imported
        ? `${id}: imported from a log of ${manifest.imported.format}.`
        : `${id}: ${state}, ${manifest.device ?? 'device unknown'}.`,
    ),
    sentences: [],
    notes: [
      ...(readers.length > 1
        ? ['Single runs say nothing about a difference between methods: that takes several seeds of each.']
        : []),
      ...judgeNotes(curves),
      ...thinningNotes(curves),
    ],
    tables: [
      {
        title: 'Scores of the last evaluation; ± is the standard error over problems',
        table: { columns, rows },
      },
      ...settings(curves),
    ],
    charts: chartsOf(curves),
    groups: await groupsOf(curves),
    repeat: [...readers.flatMap(({ summary }) => settingsOf(summary)), ...versions(curves)],
  };
}

/** Of another program's run the configuration that its log has, if any. */
function settingsOf({ id, manifest }: RunReader['summary']): ReportDocument['repeat'] {
  if (!manifest.imported) {
    return [{ title: `Settings of ${id}`, text: JSON.stringify(manifest.experiment, null, 2) }];
  }
  const { settings = {} } = manifest.imported;
  if (Object.keys(settings).length === 0) return [];
  return [{ title: `Configuration in the log of ${id}`, text: JSON.stringify(settings, null, 2) }];
}

async function openWithSeries(directory: string): Promise<RunReader> {
  const run = await RunReader.open(directory);
  await run.series();
  return run;
}

async function readRun(directory: string): Promise<RunReader | null> {
  try {
    return await openWithSeries(directory);
  } catch (error) {
    if (error instanceof RunFileError) return null;
    throw error;
  }
}

const percent = (share: number): string => (share * 100).toFixed(1);

/** Four digits in print; the CSV has all. */
const rounded = ({ columns, rows }: Table): Table => ({
  columns,
  rows: rows.map((row) => row.map((cell) => (typeof cell === 'number' ? Number(cell.toPrecision(4)) : cell))),
});

/** What differs between the curves' experiments, the seed aside. */
function settings(curves: readonly CurveOf[]): ReportDocument['tables'] {
  const first = curves.filter(({ runs }) => runs.length > 0);
  if (first.length < 2) return [];
  const differences = settingDifferences(
    first.map(({ runs }) => saidSettings(runs[0]!.summary.manifest)),
  ).filter(({ path }) => path !== 'seed');
  if (differences.length === 0) return [];
  const rows = differences.map(({ path, values }) => [
    path,
    ...values.map((setting) => (setting === 'absent' ? 'absent' : JSON.stringify(setting.value))),
  ]);
  return [
    {
      title: 'Settings that differ',
      table: { columns: ['setting', ...first.map(({ name }) => name)], rows },
    },
  ];
}

async function groupsOf(curves: readonly CurveOf[]): Promise<ReportedGroup[]> {
  const groups: ReportedGroup[] = [];
  for (const { name, runs } of curves.slice(0, mostGroups)) {
    const [run] = runs;
    const group = run ? await chosenGroup(name, run) : null;
    if (group) groups.push(group);
  }
  return groups;
}

function thinningNotes(curves: readonly CurveOf[]): string[] {
  const notes: string[] = [];
  if (isThinned(curves))
    notes.push(`Curves are thinned to ${mostPoints} points, each the mean of neighbouring steps.`);
  if (curves.length > mostGroups)
    notes.push(`Groups are shown of the first ${mostGroups} of ${curves.length}.`);
  return notes;
}

const judgeName = ({ name, version }: NonNullable<BenchmarkRecord['judge']>): string => `${name} ${version}`;

/** Who judged the newest responses of each run: scores of different judges are not of one measure. */
function judgeNotes(curves: readonly CurveOf[]): string[] {
  const judges = new Set(
    curves.flatMap(({ runs }) =>
      runs.flatMap(({ benchmarks }) =>
        scores(benchmarks).flatMap(({ last }) => (last.judge ? judgeName(last.judge) : [])),
      ),
    ),
  );
  if (judges.size === 0) return [];
  if (judges.size === 1) return [`Answers were judged by ${[...judges][0]}.`];
  return [
    `Answers were judged by different judges (${[...judges].join(', ')}): their scores are not comparable.`,
  ];
}

function versions(curves: readonly CurveOf[]): ReportDocument['repeat'] {
  const lines = new Set(
    curves.flatMap(({ runs }) =>
      runs.flatMap(({ summary: { manifest } }) => {
        if (manifest.imported) return [];
        const git = manifest.git
          ? `, commit ${manifest.git.commit}${manifest.git.dirty ? ' with changes' : ''}`
          : '';
        const packages = Object.entries(manifest.versions ?? {}).map(
          ([name, version]) => `${name} ${version}`,
        );
        return `${packages.join(', ')}; ${manifest.device ?? 'device unknown'}${git}; policy ${manifest.policyChecksum || 'of the hub'}`;
      }),
    ),
  );
  return lines.size === 0 ? [] : [{ title: 'Versions and devices', text: [...lines].join('\n') }];
}
