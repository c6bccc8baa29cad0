/** The contract between the extension host and the setup page of the torch engine. */
import type { EnvironmentReport } from '../engines/torch/environment/index.js';

export type SetupHostMessage =
  /** The environment is being looked at: importing torch takes seconds. */
  | { type: 'checking' }
  /** `trusted` is false in Restricted Mode, where nothing is run. */
  | { type: 'report'; report: EnvironmentReport | null; trusted: boolean }
  | { type: 'installing'; running: boolean }
  /** Lines of the installer, the newest last. */
  | { type: 'lines'; lines: string[] }
  /** How an installation failed; null removes an older message. */
  | { type: 'failure'; failure: { message: string; hint: string } | null };

export type SetupPageMessage =
  | { type: 'ready' }
  | { type: 'check' }
  | { type: 'install'; cpu: boolean }
  | { type: 'cancel' }
  | { type: 'choose' }
  | { type: 'error'; message: string };

const plain: ReadonlySet<string> = new Set(['ready', 'check', 'cancel', 'choose']);

/** Longest error text taken from a page. */
const longestError = 4000;

/** The message that a page sent, with only its known fields; null when it is invalid. */
export function parseSetupMessage(value: unknown): SetupPageMessage | null {
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  const { type } = value;
  if (type === 'install') return { type, cpu: 'cpu' in value && value.cpu === true };
  if (type === 'error' && 'message' in value) {
    return { type, message: String(value.message).slice(0, longestError) };
  }
  return typeof type === 'string' && plain.has(type) ? ({ type } as SetupPageMessage) : null;
}
