/** The contract between the extension host and its pages: messages, and the checks of what a page sends. */
export { parseWebviewMessage } from './message-guard.js';
export { type HostMessage, MESSAGE_PROTOCOL, type SavedState, type WebviewMessage } from './messages.js';
export { parseSetupMessage, type SetupHostMessage, type SetupPageMessage } from './setup-messages.js';
