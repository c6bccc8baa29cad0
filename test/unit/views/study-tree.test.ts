import { describe, expect, it } from 'vitest';
import type { RunView } from '../../../src/runs/facts/run-summary.js';
import { armPlaces } from '../../../src/studies/folder/arm-places.js';
import type { ShownStudyState, StudyFolder } from '../../../src/studies/folder/read.js';
import { armsOf } from '../../../src/studies/plan/points.js';
import { studySchema } from '../../../src/studies/plan/schema.js';
import { studyLenses } from '../../../src/views/study-panel.js';
import {
  countRuns,
  studyDescription,
  studyEndNotice,
  studySecondsLeft,
  studyTooltip,
} from '../../../src/views/study-text.js';
import {
  type ExplorerNode,
  explorerNodeId,
  isArchived,
  type StudyNode,
  studyChildren,
  studyItem,
  studyOfRuns,
} from '../../../src/views/study-tree.js';
import { runOf } from './fixtures.js';

const now = Date.parse('2026-01-02T04:00:00.000Z');

/** Two variants with two seeds; folders of the runs that have begun, by variant and seed. */
function studyOf(begun: readonly string[], state: ShownStudyState = 'running', id = 's1'): StudyFolder {
  const study = studySchema.parse({
    name: 'helps',
    experiment: 'a.g2rl.json',
    variants: { grpo: { 'method.name': 'grpo' }, g2rl: {} },
    seeds: 2,
  });
  return {
    directory: `/studies/${id}`,
    manifest: {
      schema: 1,
      id,
      name: 'helps',
      createdAt: '2026-01-02T03:00:00.000Z',
      file: '/w/helps.g2rl-study.json',
      study: { ...study, baseline: 'grpo', score: { ...study.score, benchmark: 'countdown-test' } },
      experimentFile: '/w/a.g2rl.json',
      experimentText: '{}',
      runsDirectory: '/runs',
      engine: 'embedded',
      threads: 0,
    },
    status: null,
    state,
    runs: armsOf(study).flatMap((arm) =>
      [0, 1].map((seed) => {
        const name = `${arm.name}${seed}`;
        const directory = begun.includes(name) ? `/runs/${name}` : null;
        return { variant: arm.variant, point: arm.point, seed, arm, directory, adopted: false };
      }),
    ),
  };
}

const runs = new Map<string, RunView>([
  ['/runs/grpo0', runOf({ id: 'grpo0', state: 'finished' })],
  ['/runs/grpo1', runOf({ id: 'grpo1', status: { step: 100, totalSteps: 200, secondsPerStep: 1 } })],
]);
const find = (directory: string) => runs.get(directory);
const begun = studyOf(['grpo0', 'grpo1', 'g2rl0']);
const node: StudyNode = { kind: 'study', key: begun.directory };
const everything = { isShown: (directory: string) => runs.has(directory), isFiltered: false };

const names = (nodes: readonly ExplorerNode[]) =>
  nodes.map((one) => (one.kind === 'seed' ? `seed ${one.seed}` : one.kind === 'arm' ? one.arm : one.key));

describe('studies in the explorer', () => {
  it('have their variants below them, and these their runs and what has not begun', () => {
    const arms = studyChildren(node, begun, everything);
    expect(names(arms)).toEqual(['grpo', 'g2rl']);
    expect(arms.map((arm) => names(studyChildren(arm as StudyNode, begun, everything)))).toEqual([
      ['/runs/grpo0', '/runs/grpo1'],
      ['seed 0', 'seed 1'],
    ]);
    const g2rl = arms[1] as StudyNode;
    const seeds = studyChildren(g2rl, begun, everything) as StudyNode[];
    expect(seeds.map((seed) => studyItem(seed, begun, find, now)!.description)).toEqual([
      'its folder is gone',
      'not begun',
    ]);
    const ids = [node, ...arms, ...seeds].map(explorerNodeId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are archived when there is nothing else in them, and say which runs are', () => {
    const study = studyOf(['grpo0', 'grpo1', 'g2rl0']);
    const hidden = new Map<string, RunView>(
      ['grpo0', 'grpo1', 'g2rl0'].map((id) => {
        const run = runOf({ id, state: 'finished' });
        run.summary.manifest.archived = id !== 'grpo1';
        return [`/runs/${id}`, run] as const;
      }),
    );
    const findAll = (directory: string) => hidden.get(directory);
    const seed: StudyNode = { kind: 'seed', key: study.directory, arm: 'grpo', seed: 0 };
    expect(studyItem(seed, study, findAll, now)!.description).toBe('archived');
    const ended = { runs: study.runs.filter(({ directory }) => directory !== null) };
    expect(isArchived(ended, findAll)).toBe(false);
    hidden.get('/runs/grpo1')!.summary.manifest.archived = true;
    expect(isArchived(ended, findAll)).toBe(true);
    expect(isArchived(study, findAll)).toBe(false);
  });

  it('show what the filter lets pass', () => {
    const filtered = { isShown: (directory: string) => directory === '/runs/grpo1', isFiltered: true };
    const arms = studyChildren(node, begun, filtered) as StudyNode[];
    expect(names(arms)).toEqual(['grpo']);
    expect(names(studyChildren(arms[0]!, begun, filtered))).toEqual(['/runs/grpo1']);
  });

  it('say how far they are, what menus look at, and which variant is the baseline', () => {
    expect(studyItem(node, begun, find, now)).toMatchObject({
      label: 'helps',
      contextValue: 'study.running',
      icon: { icon: 'sync~spin' },
      accessibleLabel: expect.stringMatching(/^study helps, running, 1\/4 runs/),
    });
    const arm: StudyNode = { kind: 'arm', key: begun.directory, arm: 'grpo' };
    expect(studyItem(arm, begun, find, now)).toMatchObject({
      description: '1/2 seeds · baseline',
      tooltip: 'method.name: "grpo"',
      contextValue: 'arm',
      icon: { icon: 'symbol-variable', color: 'charts.blue' },
    });
    // As the second line of a chart.
    expect(studyItem({ ...arm, arm: 'g2rl' }, begun, find, now)!.icon.color).toBe('charts.orange');
    expect(studyItem(node, studyOf([], 'stopped'), find, now)!.contextValue).toBe('study.stopped.resumable');
    expect(studyItem({ ...arm, kind: 'seed', seed: 7 }, begun, find, now)).toBeNull();
  });

  it('show a run that two have adopted in the newest', () => {
    const newer = studyOf(['grpo0'], 'finished', 's2');
    const owners = studyOfRuns([newer, begun]);
    expect(owners.get('/runs/grpo0')!.manifest.id).toBe('s2');
    expect(owners.get('/runs/grpo1')!.manifest.id).toBe('s1');
  });
});

describe('the words of a study', () => {
  it('count its runs and estimate what is left', () => {
    expect(countRuns(begun.runs, find)).toEqual({ planned: 4, finished: 1, failed: 0, active: 1 });
    // Both known runs take 200 steps: the finished one at 1.1 s, the other at 1 s. Half a run and two more are left.
    expect(studySecondsLeft(begun, find)).toBeCloseTo(((220 + 200) / 2) * 2.5, 6);
    expect(studySecondsLeft(studyOf([]), find)).toBeNull();
    expect(studySecondsLeft({ ...begun, state: 'stopped' }, find)).toBeNull();
    expect(studyDescription(begun, find, now)).toMatch(/^1\/4 runs · .* left · 1 at work$/);
    expect(studyDescription(studyOf([], 'interrupted'), find, now)).toMatch(/^0\/4 runs · interrupted · /);
  });

  it('are escaped in a hover', () => {
    const tooltip = studyTooltip(begun, find, now, 'g2rl *52* against grpo [x](command:y)');
    expect(tooltip).toContain('**helps**');
    expect(tooltip).not.toContain('[x](command:y)');
  });

  it('tell how it ended', () => {
    expect(studyEndNotice({ ...begun, state: 'finished' }, 'g2rl is better.')).toEqual({
      text: 'helps has finished. g2rl is better.',
      isFailure: false,
      resumable: false,
    });
    expect(studyEndNotice({ ...begun, state: 'interrupted' }, '')).toMatchObject({
      isFailure: true,
      resumable: true,
    });
  });
});

describe('the lenses of a study file', () => {
  const commands = (study: StudyFolder | undefined, trusted = true) =>
    studyLenses(study, find, { trusted, now }).map(({ command }) => command);

  it('fit the state', () => {
    expect(commands(undefined)).toEqual(['g2rl.startStudy']);
    expect(commands(begun)).toEqual(['g2rl.stopStudy', 'g2rl.compareRuns', 'g2rl.shareReport', '']);
    expect(commands(studyOf([], 'stopped'))[0]).toBe('g2rl.startStudy');
    expect(studyLenses(studyOf([], 'stopped'), find, { trusted: true, now })[0]!.title).toMatch(
      /Resume Study/,
    );
    expect(commands(begun, false)[0]).toBe('workbench.trust.manage');
  });
});

it('arms have places in the order of their study; a run of several studies has that of the first', () => {
  const places = armPlaces([begun, studyOf(['g2rl0', 'grpo0'], 'finished', 's2')]);
  expect([places.get('/runs/grpo0'), places.get('/runs/grpo1'), places.get('/runs/g2rl0')]).toEqual([
    0, 0, 1,
  ]);
});
