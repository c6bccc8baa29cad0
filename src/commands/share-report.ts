/** Share Report: a study, or runs, as one HTML file; Copy Study Report: its table and findings as Markdown. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../views/index.js';
import { uiOf } from './editor.js';
import { chooseRuns } from './pick.js';
import { chooseStudy } from './pick-study.js';
import type { Services } from './services.js';

export async function shareReport(services: Services, argument: unknown): Promise<void> {
  const subject = await chooseSubject(services, argument);
  if (!subject) return;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `${subject.name.replace(/[^A-Za-z0-9._+-]+/g, '-')}.html`;
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Share Report'),
    filters: { HTML: ['html'] },
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (!target) return;
  const { renderHtml, runsDocument, studyDocument } = await import('../reports/index.js');
  const title = vscode.l10n.t('Writing the report of {0}', subject.name);
  await uiOf(services).progress({ title, cancellable: false }, async () => {
    const document = subject.study ? await studyDocument(subject.study) : await runsDocument(subject.runs);
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(renderHtml(document)));
  });
  services.log.info(`Wrote ${target.fsPath}`);
  const open = vscode.l10n.t('Open');
  const reveal = vscode.l10n.t('Reveal');
  // Without awaiting the answer: the command is over, the message may stay.
  vscode.window
    .showInformationMessage(
      vscode.l10n.t('{0} is written: one file, which opens in any browser.', basename(target.fsPath)),
      open,
      reveal,
    )
    .then((chosen) => {
      if (chosen === open) void vscode.env.openExternal(target);
      if (chosen === reveal) void vscode.commands.executeCommand('revealFileInOS', target);
    });
}

/** A study where the argument is one or is being edited, else runs, where they are what was clicked or selected. */
async function chooseSubject(services: Services, argument: unknown) {
  const runs = await runsOf(services, argument);
  if (runs) {
    const name = runs.length === 1 ? basename(runs[0] ?? '') : vscode.l10n.t('{0} runs', runs.length);
    return { study: null, runs, name };
  }
  const { studies } = services;
  await studies.refresh();
  if (argument === undefined && studies.studies().length === 0) {
    const chosen = await chooseRuns(services, undefined, runPick());
    const [first] = chosen;
    return first ? { study: null, runs: [first.directory], name: first.summary.name } : null;
  }
  const study = await chooseStudy(services, argument, studyPick());
  return study && { study, runs: [], name: study.manifest.name };
}

const runPick = () => ({
  placeholder: vscode.l10n.t('Run to report'),
  filter: () => true,
  none: vscode.l10n.t('There is no run yet.'),
});

const studyPick = () => ({
  placeholder: vscode.l10n.t('Study to report'),
  filter: () => true,
  none: vscode.l10n.t('There is no study yet.'),
});

/** Directories of the runs that an argument names, or null when it names none. */
async function runsOf(services: Services, argument: unknown): Promise<string[] | null> {
  const isRun =
    typeof argument === 'string'
      ? services.library.run(argument) !== undefined
      : typeof argument === 'object' && argument !== null && 'kind' in argument && argument.kind === 'run';
  if (!isRun) return null;
  return (await chooseRuns(services, argument, runPick())).map(({ directory }) => directory);
}

export async function copyReport(services: Services, argument: unknown): Promise<void> {
  const study = await chooseStudy(services, argument, studyPick());
  if (!study) return;
  const { reportStudy, scoreTable } = await import('../studies/report/index.js');
  const { writeTable } = await import('../export/index.js');
  const report = await reportStudy(study);
  const { sentence, notes, name, benchmark } = report;
  if (report.runs.finished === 0) throw new UserError(sentence);
  const parts = [
    `## ${name}: ${benchmark}`,
    sentence,
    writeTable(scoreTable(report), 'markdown').trim(),
    ...notes.map((note) => `> ${note}`),
  ];
  await vscode.env.clipboard.writeText(`${parts.join('\n\n')}\n`);
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied the report of {0}', name), 5000);
}
