/** New Study: a study file of an experiment, with five seeds for each variant of the question that is chosen. */
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { createFile } from './create-file.js';
import { chooseExperiment } from './pick.js';
import type { Services } from './services.js';
import { type StudyQuestion, studyText } from './template.js';

interface QuestionItem extends vscode.QuickPickItem {
  question: StudyQuestion;
}

const questions = (): QuestionItem[] => [
  {
    question: 'g2rl',
    label: vscode.l10n.t('G2RL and GRPO'),
    description: vscode.l10n.t('10 runs'),
    detail: vscode.l10n.t('Does G2RL help here?'),
  },
  {
    question: 'methods',
    label: vscode.l10n.t('All Methods'),
    description: vscode.l10n.t('25 runs'),
    detail: vscode.l10n.t(
      'GRPO, G2RL as the text reads and as its authors run it, an entropy bonus, pass@k training.',
    ),
  },
  {
    question: 'factors',
    label: vscode.l10n.t('Parts of G2RL'),
    description: vscode.l10n.t('45 runs'),
    detail: vscode.l10n.t('One factor at a time: shaping, groups of equal rewards, strength.'),
  },
];

export async function newStudy({ log }: Services, argument: unknown): Promise<void> {
  const experiment = await chooseExperiment(argument, vscode.l10n.t('Experiment to compare variants of'));
  if (!experiment) return;
  const chosen = await vscode.window.showQuickPick(questions(), {
    title: vscode.l10n.t('New Study'),
    placeHolder: vscode.l10n.t('What to compare'),
    matchOnDetail: true,
  });
  if (!chosen) return;
  const file = basename(experiment.fsPath);
  const name = file.replace(/\.g2rl\.jsonc?$/, '');
  const folder = vscode.Uri.file(dirname(experiment.fsPath));
  const target = await createFile(folder, name, '.g2rl-study.json', studyText(name, file, chosen.question));
  log.info(`Wrote ${target.fsPath}`);
  await vscode.window.showTextDocument(target, { preview: false });
}
