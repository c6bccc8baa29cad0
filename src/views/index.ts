/** What the editor shows: run explorer, dashboard host, live panel, inline metrics, status bar, notifications. */
export { ContextKeys } from './contextKeys.js';
export { Dashboards } from './dashboards.js';
export { EndNotifications } from './endNotifications.js';
export { ExperimentEditors } from './experimentEditors.js';
export { ExperimentProblems } from './experimentProblems.js';
export { LivePanel } from './livePanel.js';
export { logFailure } from './report.js';
export { RunLogs } from './runLogs.js';
export { RunTree } from './runTree.js';
export { StatusBar } from './statusBar.js';
export { WorkspaceRuns } from './workspaceRuns.js';
