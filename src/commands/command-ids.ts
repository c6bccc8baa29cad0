/** Every command of the extension, as the manifest contributes it. Pure, so that a test can compare the two. */
export const commandIds = [
  'g2rl.newExperiment',
  'g2rl.startTraining',
  'g2rl.stopTraining',
  'g2rl.stopAll',
  'g2rl.resume',
  'g2rl.openDashboard',
  'g2rl.evaluateCheckpoint',
  'g2rl.revealRunFolder',
  'g2rl.revealCheckpoint',
  'g2rl.openExperimentFile',
  'g2rl.showLog',
  'g2rl.copyRunId',
  'g2rl.renameRun',
  'g2rl.editNotes',
  'g2rl.pinRun',
  'g2rl.unpinRun',
  'g2rl.deleteRun',
  'g2rl.setUpTorch',
  'g2rl.newSlurmScript',
  'g2rl.refresh',
] as const;

export type CommandId = (typeof commandIds)[number];
