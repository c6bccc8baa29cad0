/** What the editor shows: run explorer, dashboard host, live panel, inline metrics, status bar, notifications. */
export { ContextKeys } from './context-keys.js';
export { Dashboards } from './dashboards.js';
export { EndNotifications } from './end-notifications.js';
export { ExperimentEditors } from './experiment-editors.js';
export { ExperimentProblems } from './experiment-problems.js';
export { LivePanel } from './live-panel.js';
export { logFailure } from './report.js';
export { RunLogs } from './run-logs.js';
export { RunTree } from './run-tree.js';
export { StatusBar } from './status-bar.js';
export { WorkspaceRuns } from './workspace-runs.js';
