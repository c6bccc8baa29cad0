/** One HTTP answer of the Hugging Face hub: redirects followed, proxies honored, the token kept to the hub. */
import type { Dispatcher } from 'undici';
import type { Environment } from './endpoint.js';

/** What a file of the hub is known by before its bytes are read. */
export interface HubAnswer {
  status: number;
  /** Of the last answer, lower case. */
  headers: Readonly<Record<string, string>>;
  body: Dispatcher.ResponseData['body'];
  /** SHA-256 (64 hex digits) of a large file, or git's blob hash (40) of a small one; null when not given. */
  etag: string | null;
  /** Commit that the revision stands for; null when not given. */
  commit: string | null;
  /** Size of the whole file in bytes; null when not given. */
  size: number | null;
}

const maxRedirects = 10;
const connectMilliseconds = 15_000;

const variable = (environment: Environment, name: string): string =>
  environment[name.toLowerCase()] ?? environment[name] ?? '';

/**
 * Connections that honor `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` in either case. To be closed after use.
 *
 * @param silence seconds without a byte after which a connection is given up
 */
export async function connections(environment: Environment, silence: number): Promise<Dispatcher> {
  // Only who downloads waits for the HTTP client to load.
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const timeouts = {
    connect: { timeout: connectMilliseconds },
    headersTimeout: silence * 1000,
    bodyTimeout: silence * 1000,
  };
  const httpProxy = variable(environment, 'HTTP_PROXY');
  const httpsProxy = variable(environment, 'HTTPS_PROXY');
  if (httpProxy === '' && httpsProxy === '') return new Agent(timeouts);
  return new EnvHttpProxyAgent({
    ...timeouts,
    httpProxy,
    httpsProxy,
    noProxy: variable(environment, 'NO_PROXY'),
  });
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')] as const);
  return Object.fromEntries(entries);
}

/** `W/"abc"` → `abc`. */
const bareTag = (tag: string | undefined): string | null =>
  tag === undefined || tag === '' ? null : tag.replace(/^W\//, '').replace(/^"|"$/g, '').toLowerCase();

function sizeOf(headers: Readonly<Record<string, string>>, status: number): number | null {
  const range = /\/(\d+)$/.exec(headers['content-range'] ?? '');
  const text = range?.[1] ?? (status === 200 ? headers['content-length'] : undefined);
  return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
}

/**
 * Asks for a file from byte `offset` on. The hub itself names the file (`X-Linked-ETag`, `X-Repo-Commit`) and
 * sends large ones on to a store, which never sees the token.
 */
export async function askHub(
  url: string,
  offset: number,
  environment: Environment,
  dispatcher: Dispatcher,
  signal: AbortSignal | undefined,
): Promise<HubAnswer> {
  const { request } = await import('undici');
  const token = environment.HF_TOKEN?.trim();
  const { origin } = new URL(url);
  const told: Pick<HubAnswer, 'etag' | 'commit' | 'size'> = { etag: null, commit: null, size: null };
  let current = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const { statusCode, headers, body } = await request(current, {
      dispatcher,
      headers: {
        'user-agent': 'g2rl-lab',
        'accept-encoding': 'identity',
        ...(token && new URL(current).origin === origin && { authorization: `Bearer ${token}` }),
        ...(offset > 0 && { range: `bytes=${offset}-` }),
      },
      ...(signal && { signal }),
    });
    const answer = flat(headers);
    told.commit ??= answer['x-repo-commit'] || null;
    told.etag ??= bareTag(answer['x-linked-etag']);
    told.size ??= answer['x-linked-size'] ? Number(answer['x-linked-size']) : null;
    const next = answer.location;
    if (statusCode < 300 || statusCode >= 400 || !next) {
      const isFile = statusCode === 200 || statusCode === 206;
      return {
        status: statusCode,
        headers: answer,
        body,
        commit: told.commit,
        // A store's own tag says nothing about the content; the hub's own does.
        etag: told.etag ?? (isFile && redirects === 0 ? bareTag(answer.etag) : null),
        size: told.size ?? sizeOf(answer, statusCode),
      };
    }
    await body.dump();
    current = new URL(next, current).href;
  }
  throw new Error(`more than ${maxRedirects} redirects`);
}
