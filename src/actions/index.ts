/** What is done to runs, once for the editor and the terminal: start, resume, stop, evaluate, pretrain. */
export { nextSeed, type RunSettings, settingsOfRun } from './again.js';
export { type ListedDevice, listDevices } from './devices.js';
export { evaluateCheckpoint } from './evaluate.js';
export type { Host } from './host.js';
export { mergeAdapters } from './merge.js';
export { pretrainPolicy } from './pretrain.js';
export { resumeTraining } from './resume.js';
export { type NewRun, startTraining } from './start.js';
export { type StoppableRun, stopAllTraining, stopTraining } from './stop.js';
export type { Ui } from './ui.js';
