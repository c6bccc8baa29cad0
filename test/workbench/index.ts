/** Real VS Code in a real browser with the packaged extension: the means by which the workbench tests act as a user. */
export { violations } from './accessibility.js';

export { type Editor, startEditor, type Theme, themes } from './editor.js';
export { readHeatmap } from './heatmap.js';
export { type WrittenRun, writeRuns } from './many-runs.js';
export { CommandPalette } from './palette.js';
export { RunFiles } from './run-files.js';
export { until } from './until.js';
export { compareFrame, dashboardFrame, judgeFrame, panelFrame, setupFrame, tableFrame } from './webviews.js';
export { EditorWindow } from './window.js';
export { createWorkspace, shortExperiment, type Workspace } from './workspace.js';
