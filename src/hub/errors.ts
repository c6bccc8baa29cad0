/** What went wrong between here and the Hugging Face hub, in words that say what to do. */
import { reasonOf } from '../errors.js';
import { type Environment, endpointOf } from './endpoint.js';
import { HubError } from './hub-error.js';

/** A file of a data set or a model on the hub. */
export interface HubFile {
  /** Default: dataset. */
  kind?: 'dataset' | 'model';
  repository: string;
  /** Commit, branch or tag. */
  revision: string;
  path: string;
  /** Name of the benchmark it is the file of, for messages. */
  benchmark?: string;
  /** Of the content, 64 hex digits, when known beforehand. */
  sha256?: string;
}

const isModel = ({ kind }: HubFile): boolean => kind === 'model';

const pageOf = (file: HubFile, environment: Environment): string =>
  `${endpointOf(environment)}/${isModel(file) ? '' : 'datasets/'}${file.repository}`;

export const fileUrl = (file: HubFile, environment: Environment): string => {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const revision = encodeURIComponent(file.revision);
  return `${pageOf(file, environment)}/resolve/${revision}/${path}`;
};

/** How to do without the download. */
const otherwise = (file: HubFile, environment: Environment): string =>
  isModel(file)
    ? `Or download the model another way, such as with "hf download ${file.repository}", and specify its folder.`
    : `Or download ${fileUrl(file, environment)} another way and use your copy in the experiment: ` +
      `{"name": "${file.benchmark ?? 'a name'}", "file": "path/to/${file.path.split('/').at(-1)}"}.`;

export const titleOf = (file: HubFile): string =>
  `${isModel(file) ? 'model' : 'data set'} ${file.repository}, ${file.path}`;

/** The hub answered, but not with the file. */
export function refusal(
  file: HubFile,
  status: number,
  headers: Readonly<Record<string, string>>,
  environment: Environment,
): HubError {
  const code = headers['x-error-code'] ?? '';
  const said = headers['x-error-message'] ? `: ${headers['x-error-message']}` : '';
  const base = `${titleOf(file)}: the hub answered ${status}${said}`;
  const page = pageOf(file, environment);
  const hasToken = Boolean(environment.HF_TOKEN?.trim());
  if (status === 404 || code === 'RepoNotFound') {
    const what =
      code === 'EntryNotFound'
        ? 'The file does not exist'
        : code === 'RevisionNotFound'
          ? `There is no revision ${file.revision}`
          : `The ${isModel(file) ? 'model' : 'data set'} is gone, renamed or private`;
    return new HubError(base, `${what}: see ${page}. ${otherwise(file, environment)}`, {
      isMissing: true,
    });
  }
  if (status === 401 && hasToken) {
    const renew = `make a new one at ${endpointOf(environment)}/settings/tokens`;
    return new HubError(
      base,
      `The token in HF_TOKEN was not accepted; it may have expired: ${renew}. ${otherwise(file, environment)}`,
    );
  }
  if (status === 401 || status === 403) {
    const token = hasToken
      ? 'The account of HF_TOKEN has no access yet'
      : `Then make a token with read access at ${endpointOf(environment)}/settings/tokens and set HF_TOKEN to it`;
    return new HubError(
      base,
      `Access is given by its authors: log in, open ${page} and accept the conditions. ${token}. ` +
        otherwise(file, environment),
    );
  }
  return new HubError(base, `Try again later. ${otherwise(file, environment)}`);
}

const certificateCodes = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Codes of an error and of those behind it. */
export function errorCodes(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const parts = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  const behind = 'cause' in error ? [error.cause] : [];
  return [...own, ...[...parts, ...behind].flatMap(errorCodes)];
}

export const isCertificateError = (error: unknown): boolean =>
  errorCodes(error).some((code) => certificateCodes.has(code));

/** There was no answer, or not the whole of it. */
export function unreachable(file: HubFile, error: unknown, environment: Environment): HubError {
  const codes = errorCodes(error);
  const reason = reasonOf(error) || codes[0] || 'no connection';
  const network = isCertificateError(error)
    ? 'If a proxy here signs its own certificates, set NODE_EXTRA_CA_CERTS to its root certificate.'
    : 'Check the network, HTTPS_PROXY and HF_ENDPOINT (for a mirror), then try again: the downloaded part is kept.';
  return new HubError(
    `${titleOf(file)}: cannot be downloaded from ${endpointOf(environment)} (${reason})`,
    `${network} ${otherwise(file, environment)}`,
    { cause: error },
  );
}
