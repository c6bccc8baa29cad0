/** Start, Stop and Resume Study: from a study file to a runner at work, and back. */
import * as vscode from 'vscode';
import type { Ui } from '../actions/index.js';
import type { NewStudy } from '../actions/studies/index.js';
import type { StudyFolder } from '../studies/folder/index.js';
import type { LoadedStudy, StudyLoadOptions } from '../studies/plan/index.js';
import { isAtWork, runsDirectory, stopGraceMilliseconds, UserError } from '../views/index.js';
import { chooseFolder } from './choose-folder.js';
import { hostOf, uiOf } from './editor.js';
import { chooseStudy, chooseStudyFile } from './pick-study.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

/** More runs than these are asked about before they start. */
const manyRuns = 100;

export async function startStudy(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('A study'));
  const uri = await chooseStudyFile(services, argument);
  if (!uri) return;
  const newStudy = await newStudyOf(services, uri);
  if (!newStudy) return;
  const { estimateText, planText, readNewStudy } = await import('../actions/studies/index.js');
  const { beginStudy } = await import('../studies/control/index.js');
  const ui = uiOf(services);
  const { runsDirectory } = newStudy;
  const loaded = await readNewStudy(newStudy, hostOf(services), ui);
  const planned = await planOf(loaded, runsDirectory, ui);
  if (!planned) return;
  const { plan, anew } = planned;
  if (plan.left === 0) {
    throw new UserError(
      vscode.l10n.t('All runs of this study have finished. Add seeds, variants or values to go on.'),
    );
  }
  const text = `${planText(loaded, plan)} ${estimateText(plan)}`;
  if (plan.left > manyRuns) {
    const question = vscode.l10n.t('Start {0} runs?', plan.left.toLocaleString('en-US'));
    if (!(await ui.confirm(question, text, vscode.l10n.t('Start Study')))) return;
  }
  const study = await beginStudy(loaded, { runsDirectory, anew });
  await begin(services, study);
  vscode.window.showInformationMessage(
    vscode.l10n.t('{0} is at work, also while this window is closed. {1}', loaded.study.name, text),
  );
}

/** What the file would run; null where an earlier study does not go with it, and a new one is not wanted. */
async function planOf(loaded: LoadedStudy, runsDirectory: string, ui: Ui) {
  const { planStudy } = await import('../actions/studies/index.js');
  const { MixtureError } = await import('../studies/control/index.js');
  try {
    return { plan: await planStudy(loaded, { runsDirectory }), anew: false };
  } catch (error) {
    if (!(error instanceof MixtureError)) throw error;
    const detail = vscode.l10n.t(
      'A new study begins with the settings of now; the earlier one and its runs stay as they are.',
    );
    if (!(await ui.confirm(error.message, detail, vscode.l10n.t('Begin New Study')))) return null;
    return { plan: await planStudy(loaded, { runsDirectory, anew: true }), anew: true };
  }
}

export async function resumeStudy(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('A study'));
  const study = await chooseStudy(services, argument, {
    placeholder: vscode.l10n.t('Study to resume'),
    filter: (candidate) => !isAtWork(candidate) && candidate.state !== 'finished',
    none: vscode.l10n.t('Only a study that was stopped, failed or was interrupted can be resumed.'),
  });
  if (study) await begin(services, study);
}

export async function stopStudy(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Stopping a study'));
  const study = await chooseStudy(services, argument, {
    placeholder: vscode.l10n.t('Study to stop'),
    filter: isAtWork,
    none: vscode.l10n.t('No study is at work.'),
  });
  if (!study) return;
  const ui = uiOf(services);
  const mode = study.state === 'stopping' ? 'now' : 'checkpoint';
  if (mode === 'now') {
    const confirmed = await ui.confirm(
      vscode.l10n.t('{0} is stopping already. Stop its runs now?', study.manifest.name),
      vscode.l10n.t('The current step of each run is lost. Resume continues from the newest checkpoints.'),
      vscode.l10n.t('Stop Now'),
    );
    if (!confirmed) return;
  }
  const control = await import('../studies/control/index.js');
  const title = vscode.l10n.t('Stopping {0}', study.manifest.name);
  try {
    await ui.progress({ title, cancellable: false }, async (report) => {
      report({ message: vscode.l10n.t('its runs finish their step and write checkpoints') });
      return control.stopStudy(study, { mode, patience: stopGraceMilliseconds() });
    });
  } finally {
    await refresh(services);
  }
}

export async function openStudyFile(services: Services, argument: unknown): Promise<void> {
  const study = await chooseStudy(services, argument, {
    placeholder: vscode.l10n.t('Study to open the file of'),
    filter: () => true,
    none: vscode.l10n.t('There is no study yet.'),
  });
  if (study) await vscode.window.showTextDocument(vscode.Uri.file(study.manifest.file), { preview: false });
}

async function begin(services: Services, study: StudyFolder): Promise<void> {
  const { startStudyRunner } = await import('../actions/studies/index.js');
  await vscode.window.withProgress({ location: { viewId: 'g2rl.runs' } }, async () => {
    await startStudyRunner(study, hostOf(services), uiOf(services));
    services.log.info(`Started ${study.directory}`);
    await refresh(services);
    await services.tree.revealStudy(study.directory);
  });
}

async function refresh({ studies, library }: Services): Promise<void> {
  await studies.refresh();
  await library.refresh();
}

async function newStudyOf(services: Services, uri: vscode.Uri): Promise<NewStudy | null> {
  if (uri.scheme !== 'file') {
    throw new UserError(vscode.l10n.t('Save the study first: its runs remember the file.'), {
      title: vscode.l10n.t('Save'),
      run: () => vscode.commands.executeCommand('workbench.action.files.save'),
    });
  }
  const folder = await chooseFolder(uri);
  return (
    folder && { runsDirectory: runsDirectory(folder), read: (engine) => readStudyFile(services, uri, engine) }
  );
}

/** @throws UserError with the way to what is wrong with it */
async function readStudyFile(
  { studyProblems }: Services,
  uri: vscode.Uri,
  engine: Pick<StudyLoadOptions, 'auto'>,
): Promise<LoadedStudy> {
  const document = await vscode.workspace.openTextDocument(uri);
  // The study remembers the file: what is run must be what it says.
  if (document.isDirty && !(await document.save())) {
    throw new UserError(vscode.l10n.t('{0} could not be saved. Save it, then start again.', uri.fsPath));
  }
  const checked = await studyProblems.check(document, engine);
  if ('study' in checked) return checked.study;
  const [first, ...others] = checked.problems;
  if (!first) throw new UserError(vscode.l10n.t('The study cannot be run.'));
  const message =
    others.length > 0 ? vscode.l10n.t('{0} (and {1} more)', first.message, others.length) : first.message;
  throw new UserError(`${message}. ${first.hint}`.trim(), {
    title: vscode.l10n.t('Show'),
    run: async () => {
      const position = document.validatePosition(new vscode.Position(first.line - 1, first.column - 1));
      await vscode.commands.executeCommand('workbench.actions.view.problems');
      await vscode.window.showTextDocument(document, { selection: new vscode.Range(position, position) });
    },
  });
}
