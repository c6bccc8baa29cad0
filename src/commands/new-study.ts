/** New Study: a study file of an experiment, G2RL against GRPO with five seeds each, and opens it. */
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { createFile } from './create-file.js';
import { chooseExperiment } from './pick.js';
import type { Services } from './services.js';
import { studyText } from './template.js';

export async function newStudy({ log }: Services, argument: unknown): Promise<void> {
  const experiment = await chooseExperiment(argument, vscode.l10n.t('Experiment to compare variants of'));
  if (!experiment) return;
  const file = basename(experiment.fsPath);
  const name = file.replace(/\.g2rl\.jsonc?$/, '');
  const folder = vscode.Uri.file(dirname(experiment.fsPath));
  const target = await createFile(folder, name, '.g2rl-study.json', studyText(name, file));
  log.info(`Wrote ${target.fsPath}`);
  await vscode.window.showTextDocument(target, { preview: false });
}
