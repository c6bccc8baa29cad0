/** Where the hub is, and whether a token may be sent there. */
import { HubError } from './hub-error.js';

/** Variables that decide how the hub is reached. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A name and a password before the host: up to the last @, since a password may hold anything. */
const credentials = /^([a-z][a-z0-9+.-]*:\/\/)?.*@/i;

const written = (environment: Environment): string =>
  (environment.HF_ENDPOINT?.trim() || 'https://huggingface.co').replace(/\/+$/, '');

/** `HF_ENDPOINT` without a slash at its end and without credentials, or the public hub. */
export const endpointOf = (environment: Environment): string =>
  written(environment).replace(credentials, '$1');

/** Names and addresses of this machine itself: what is sent there passes no network. */
const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || /^127(\.\d+){3}$/.test(host) || host === '[::1]';

/** @throws HubError when `HF_ENDPOINT` is no address, holds a password, or would get the token in clear */
export function checkEndpoint(environment: Environment): void {
  const endpoint = endpointOf(environment);
  if (!/^https?:/i.test(endpoint) || !URL.canParse(endpoint)) {
    throw new HubError(
      `HF_ENDPOINT is "${endpoint}", which is not a URL`,
      'Write it as https://host, or remove it to use the public hub.',
    );
  }
  if (credentials.test(written(environment))) {
    throw new HubError(
      `HF_ENDPOINT (${endpoint}) holds a user name or a password, which is not sent`,
      'Write it as https://host and give a token in HF_TOKEN.',
    );
  }
  const { protocol, hostname } = new URL(endpoint);
  if (protocol === 'http:' && !isThisMachine(hostname) && environment.HF_TOKEN?.trim()) {
    throw new HubError(
      `HF_ENDPOINT is ${endpoint}, and HF_TOKEN would be sent there unencrypted`,
      'Use https:// in HF_ENDPOINT, or unset HF_TOKEN when the mirror needs none.',
    );
  }
}
