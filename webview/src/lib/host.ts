/** The connection to the extension host, and the state that survives a hidden page. */
import type { SavedState, WebviewMessage } from '../../../src/contract/index.js';
import type { SavedCharts } from './charts.svelte.js';

/** What this page remembers besides the run. */
export interface PageState extends SavedState, SavedCharts {
  tab?: string;
  /** Chosen step, or null while following the newest. */
  step?: number | null;
}

interface EditorApi {
  postMessage(message: WebviewMessage): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
}

declare function acquireVsCodeApi(): EditorApi;

const api = acquireVsCodeApi();

export const send = (message: WebviewMessage): void => api.postMessage(message);
export const savedState = (): Partial<PageState> => api.getState() ?? givenState() ?? {};

/** What a page kept whose place this one takes: its host ended, and the editor's own memory of it with it. */
function givenState(): PageState | null {
  const text = document.getElementById('state')?.textContent;
  return text ? (JSON.parse(text) as PageState) : null;
}

/** Kept by the editor while it lives, and by the host for a page that takes the place of this one. */
export function saveState(state: PageState): void {
  api.setState(state);
  send({ type: 'state', state });
}
