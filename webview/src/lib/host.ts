/** The connection to the extension host, and the state that survives a hidden page. */
import type { SavedState, WebviewMessage } from '../../../src/contract/index.js';

/** What this page remembers besides the run. */
export interface PageState extends SavedState {
  tab?: string;
  smoothing?: number;
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
export const savedState = (): Partial<PageState> => api.getState() ?? {};
export const saveState = (state: PageState): void => api.setState(state);
