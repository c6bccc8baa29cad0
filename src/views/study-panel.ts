/** The code lenses and the hover of a study file as plain data. Pure. */
import { t } from '@vscode/l10n';
import type { StudyFolder } from '../studies/folder/index.js';
import { isAtWork } from './study-library.js';
import { type FindRun, studyDescription } from './study-text.js';

export interface StudyLens {
  title: string;
  tooltip: string;
  command:
    | 'g2rl.startStudy'
    | 'g2rl.resumeStudy'
    | 'g2rl.stopStudy'
    | 'g2rl.compareRuns'
    | 'g2rl.shareReport'
    | 'workbench.trust.manage'
    /** Only says something. */
    | '';
  /** Directory of the study; the file itself when null. */
  study: string | null;
}

/** @param study the newest one that was begun from the file */
export function studyLenses(
  study: StudyFolder | undefined,
  find: FindRun,
  { trusted, now }: { trusted: boolean; now: number },
): StudyLens[] {
  const lenses: StudyLens[] = [];
  const directory = study?.directory ?? null;
  if (!trusted) {
    lenses.push({
      title: `$(shield) ${t('Trust this workspace to train')}`,
      tooltip: t(
        'Training starts a process with the settings of this file. In Restricted Mode runs can only be viewed.',
      ),
      command: 'workbench.trust.manage',
      study: null,
    });
  } else if (study && isAtWork(study)) {
    lenses.push({
      title: `$(debug-stop) ${t('Stop Study')}`,
      tooltip: t('Its runs finish their step and write checkpoints. Resume continues from there.'),
      command: 'g2rl.stopStudy',
      study: directory,
    });
  } else {
    const isExtension = study?.state === 'finished';
    lenses.push({
      title: `$(play) ${study && !isExtension ? t('Resume Study') : t('Start Study')}`,
      tooltip: study
        ? t('Run what this study says and has not run yet; finished runs are kept')
        : t('Run every variant with every seed, in a process of its own'),
      command: 'g2rl.startStudy',
      study: null,
    });
  }
  if (!study) return lenses;
  lenses.push(
    {
      title: `$(graph-line) ${t('Compare')}`,
      tooltip: t('Curves, scores and settings of its variants side by side'),
      command: 'g2rl.compareRuns',
      study: directory,
    },
    {
      title: `$(export) ${t('Share Report…')}`,
      tooltip: t('Write what was found as one file that opens in any browser'),
      command: 'g2rl.shareReport',
      study: directory,
    },
    {
      title: studyDescription(study, find, now),
      tooltip: study.manifest.id,
      command: '',
      study: directory,
    },
  );
  return lenses;
}
