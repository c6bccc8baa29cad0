import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandIds } from '../../../src/commands/command-ids.js';
import { defaultRunsDirectory } from '../../../src/runs/protocol/paths.js';
import { contextValues, viewContextKeys } from '../../../src/views/context-values.js';
import { runContextValue } from '../../../src/views/run-tree-model.js';
import { studyContextValue } from '../../../src/views/study-tree.js';
import { runOf } from '../views/fixtures.js';

interface MenuItem {
  command: string;
  when?: string;
  group?: string;
}
interface Manifest {
  capabilities: { untrustedWorkspaces: { supported: string }; virtualWorkspaces: { supported: boolean } };
  activationEvents: string[];
  contributes: {
    commands: { command: string; category: string; enablement?: string; icon?: string }[];
    menus: Record<string, MenuItem[]>;
    keybindings: { command: string; key: string; when: string; args?: unknown }[];
    views: Record<string, { id: string; icon: string }[]>;
    viewsContainers: { activitybar: { icon: string }[] };
    viewsWelcome: { view: string; contents: string; when: string }[];
    configuration: { properties: Record<string, { default?: unknown }> };
    walkthroughs: { steps: { id: string; completionEvents: string[] }[] }[];
  };
}

const text = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(text) as Manifest;
const { contributes } = manifest;
const surroundings = { hasExperiments: false, hasStudies: false, hasActiveStudies: false };
const menuItems = Object.values(contributes.menus).flat();
const texts: Record<string, string> = existsSync('package.nls.json')
  ? JSON.parse(readFileSync('package.nls.json', 'utf8'))
  : {};
/** What the editor shows for a value of the manifest. */
const textOf = (value: string) => texts[/^%(.+)%$/.exec(value)?.[1] ?? ''] ?? value;
/** What starts, signals or changes something: never in Restricted Mode. */
const needTrust = [
  'startTraining',
  'startWithChanges',
  'runAgain',
  'runAgainWithSeed',
  'runAgainWithChanges',
  'saveSettings',
  'stopTraining',
  'stopAll',
  'resume',
  'startStudy',
  'stopStudy',
  'resumeStudy',
  'evaluateCheckpoint',
  'rejudge',
  'renameRun',
  'editNotes',
  'editTags',
  'pinRun',
  'unpinRun',
  'archiveRun',
  'unarchiveRun',
  'deleteRun',
].map((name) => `g2rl.${name}`);

describe('the manifest', () => {
  it('contributes exactly the commands that are registered', () => {
    expect(contributes.commands.map((entry) => entry.command).sort()).toEqual([...commandIds].sort());
    expect(new Set(commandIds).size).toBe(commandIds.length);
    for (const { category } of contributes.commands) expect(category).toBe('G2RL');
  });

  it('has only known commands in menus, welcome views and the walkthrough', () => {
    const known = new Set<string>(commandIds);
    for (const item of menuItems) expect(known).toContain(item.command);
    const links = [...`${text}${JSON.stringify(texts)}`.matchAll(/command:(g2rl\.\w+)/gi)].map(
      (match) => match[1]!,
    );
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) expect(known).toContain(link);
  });

  it('gives every command a condition in the palette', () => {
    const palette = new Map(contributes.menus.commandPalette?.map((item) => [item.command, item.when]));
    for (const id of commandIds) expect(palette.get(id), id).toBeTruthy();
  });

  it('gives the explorer its keys, about the row that has the focus', () => {
    const known = new Set<string>(commandIds);
    for (const { command, when, key, args } of contributes.keybindings) {
      expect(known).toContain(command);
      expect(when, command).toMatch(/^focusedView == g2rl\.runs && listFocus && !inputFocus/);
      if (needTrust.includes(command)) expect(when, command).toContain('isWorkspaceTrusted');
      if (key !== 'ctrl+f') expect(args).toEqual({ $treeViewId: 'g2rl.runs', $focusedTreeItem: true });
    }
    expect(contributes.keybindings.map(({ key }) => key)).toEqual(['f2', 'delete', 'ctrl+c', 'ctrl+f']);
  });

  it('hides in Restricted Mode whatever starts or changes something', () => {
    for (const item of menuItems.filter(({ command }) => needTrust.includes(command))) {
      expect(item.when, item.command).toContain('isWorkspaceTrusted');
    }
    for (const { command, enablement } of contributes.commands) {
      if (needTrust.includes(command)) expect(enablement, command).toContain('isWorkspaceTrusted');
    }
    expect(manifest.capabilities.untrustedWorkspaces.supported).toBe('limited');
    expect(manifest.capabilities.virtualWorkspaces.supported).toBe(false);
  });

  it('gives inline actions an icon', () => {
    const icons = new Map(contributes.commands.map(({ command, icon }) => [command, icon]));
    for (const { command, group } of menuItems) {
      if (group?.startsWith('inline') || group?.startsWith('navigation'))
        expect(icons.get(command), command).toBeTruthy();
    }
  });

  it('uses only context keys that exist', () => {
    const settable = [
      ...Object.keys(contextValues([], surroundings)),
      ...viewContextKeys,
      ...contributes.views.g2rl!.map((view) => view.id),
    ];
    const conditions = [...menuItems, ...contributes.viewsWelcome].map((item) => item.when ?? '');
    const used = [...conditions, ...contributes.commands.map((entry) => entry.enablement ?? '')]
      .flatMap((when) => [...when.matchAll(/g2rl\.\w+/g)])
      .map((match) => match[0]);
    // The file name pattern contains "g2rl\.json", which is none.
    for (const key of used.filter((name) => name !== 'g2rl.json')) expect(settable).toContain(key);
  });

  it('is not activated by files of others', () => {
    for (const event of manifest.activationEvents)
      expect(event).not.toMatch(/^(\*|onLanguage:(?!g2rl-)|onStartup)/);
  });

  it('ends a step of the walkthrough by what has happened, not by a command that may have failed', () => {
    const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    const keys = [...Object.keys(contextValues([], surroundings)), 'g2rl.torchReady'];
    for (const { id, completionEvents } of steps) {
      expect(completionEvents, id).toHaveLength(1);
      const [event] = completionEvents;
      expect(event, id).toMatch(/^onContext:/);
      const key = event!.slice('onContext:'.length);
      if (key.startsWith('g2rl.')) expect(keys, id).toContain(key);
    }
  });

  it('offers to start training only where there is an experiment', () => {
    const offers = contributes.viewsWelcome.filter(({ contents }) =>
      textOf(contents).includes('command:g2rl.startTraining'),
    );
    expect(offers).toHaveLength(1);
    expect(offers[0]!.when).toMatch(/(?<!!)g2rl\.hasExperiments/);
  });

  it('keeps runs where the terminal does', () => {
    expect(contributes.configuration.properties['g2rl.runsDirectory']?.default).toBe(defaultRunsDirectory);
  });

  it('points to files that exist', () => {
    const files = [...text.matchAll(/"(?:\.\/)?(media\/(?:icons|walkthrough)\/[\w./-]+)"/g)].map(
      (match) => match[1]!,
    );
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) expect(existsSync(file), file).toBe(true);
  });

  it('matches the items that the explorer really has', () => {
    const patterns = (command: string) =>
      contributes.menus['view/item/context']!.filter(
        (item) => item.command === command && item.when?.includes('viewItem'),
      ).map((item) => {
        const tests = [...item.when!.matchAll(/(!\()?viewItem =~ \/((?:[^/\\]|\\.)+)\//g)];
        return (value: string) =>
          tests.every(([, not, source]) => new RegExp(source!).test(value) !== (not !== undefined));
      });
    const shown = (command: string, value: string) => patterns(command).some((test) => test(value));
    const running = runContextValue(runOf());
    const stopped = runContextValue(runOf({ state: 'stopped', pinned: true }));
    const finished = runContextValue(runOf({ state: 'finished' }));
    expect(['g2rl.stopTraining', 'g2rl.resume', 'g2rl.deleteRun'].map((id) => shown(id, running))).toEqual([
      true,
      false,
      false,
    ]);
    expect(['g2rl.stopTraining', 'g2rl.resume', 'g2rl.deleteRun'].map((id) => shown(id, stopped))).toEqual([
      false,
      true,
      true,
    ]);
    expect(['g2rl.stopTraining', 'g2rl.resume', 'g2rl.deleteRun'].map((id) => shown(id, finished))).toEqual([
      false,
      false,
      true,
    ]);
    const studies = (['running', 'stopped', 'finished'] as const).map((state) =>
      studyContextValue({ state }),
    );
    const ofStudies = ['g2rl.stopStudy', 'g2rl.resumeStudy', 'g2rl.startStudy', 'g2rl.shareReport'];
    expect(studies.map((value) => ofStudies.filter((id) => shown(id, value)))).toEqual([
      ['g2rl.stopStudy', 'g2rl.shareReport'],
      ['g2rl.resumeStudy', 'g2rl.shareReport'],
      ['g2rl.startStudy', 'g2rl.shareReport'],
    ]);
    expect(ofStudies.filter((id) => shown(id, running))).toEqual(['g2rl.shareReport']);
    expect(['g2rl.pinRun', 'g2rl.unpinRun'].map((id) => shown(id, stopped))).toEqual([false, true]);
    expect(['g2rl.pinRun', 'g2rl.unpinRun'].map((id) => shown(id, finished))).toEqual([true, false]);
  });
});

describe('context keys', () => {
  it('say what the runs allow', () => {
    expect(contextValues([], surroundings)).toMatchObject({
      'g2rl.hasRuns': false,
      'g2rl.hasActiveRuns': false,
    });
    const values = contextValues(
      [
        runOf({ checkpointSteps: [], experimentFile: '/b.g2rl.json' }),
        runOf({ state: 'stopped', checkpointSteps: [1], experimentFile: '/a.g2rl.json' }),
        runOf({ state: 'finished', checkpointSteps: [], experimentFile: null }),
      ],
      { ...surroundings, hasExperiments: true },
    );
    expect(values).toEqual({
      'g2rl.hasExperiments': true,
      'g2rl.hasStudies': false,
      'g2rl.hasActiveStudies': false,
      'g2rl.hasRuns': true,
      'g2rl.hasActiveRuns': true,
      'g2rl.hasResumableRuns': true,
      'g2rl.hasResumableGpuRuns': false,
      'g2rl.hasCheckpoints': true,
      'g2rl.hasEvaluatedCheckpoints': true,
      'g2rl.runningExperimentFiles': ['/b.g2rl.json'],
      'g2rl.usedExperimentFiles': ['/a.g2rl.json', '/b.g2rl.json'],
    });
  });
});
