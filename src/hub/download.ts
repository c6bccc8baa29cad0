/** Downloads a file of the Hugging Face hub into the cache, once. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import { reasonOf } from '../errors.js';
import {
  acceptPart,
  beginPart,
  type CachePaths,
  cachedReceipt,
  cachePaths,
  type Digests,
  digestsOf,
  dropPart,
  partHere,
  type Receipt,
} from './cache.js';
import { checkEndpoint, type Environment, endpointOf } from './endpoint.js';
import {
  errorCodes,
  fileUrl,
  type HubFile,
  isCertificateError,
  refusal,
  titleOf,
  unreachable,
} from './errors.js';
import { askHub, connections, type HubAnswer } from './http.js';
import { HubError } from './hub-error.js';
import { withLock } from './lock.js';
import {
  askedWait,
  defaultRetryPolicy,
  isPassingStatus,
  PassingFailure,
  pause,
  type RetryPolicy,
  waitBefore,
} from './retry.js';

export interface DownloadProgress {
  /** `HuggingFaceH4/MATH-500 test.jsonl` */
  title: string;
  receivedBytes: number;
  /** Null until the hub reports it. */
  totalBytes: number | null;
  /** Why nothing moves at the moment, for people: `waiting 3 s: the hub answered 503`. Null while bytes arrive. */
  note: string | null;
}

export interface DownloadOptions {
  /** Files are under `datasets/` and `models/` in it. */
  cacheDirectory: string;
  /** Where `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE` and the proxies are looked up; default: the process's own. */
  environment?: Environment;
  /** Cancels; the downloaded part is kept and the next call continues from there. */
  signal?: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  retry?: Partial<RetryPolicy>;
}

export interface DownloadedFile extends Receipt {
  /** Absolute path in the cache; do not change the file. */
  path: string;
  fromCache: boolean;
}

/**
 * The file, from the cache when it is there unchanged. A revision that is a branch stays at the commit it had when
 * it was first downloaded.
 *
 * @throws HubError when it is not available, saying what to do; the signal's reason when cancelled
 */
export async function downloadHubFile(file: HubFile, options: DownloadOptions): Promise<DownloadedFile> {
  const environment = options.environment ?? process.env;
  const paths = cachePaths(options.cacheDirectory, file);
  const found = (receipt: Receipt, fromCache: boolean) => ({ ...receipt, path: paths.file, fromCache });
  const cached = await cachedReceipt(paths, file);
  if (cached !== null) return found(cached, true);
  if (/^(1|true|yes|on)$/i.test(environment.HF_HUB_OFFLINE ?? '')) {
    const offline = new Error('HF_HUB_OFFLINE is set and the file is not in the cache');
    throw unreachable(file, offline, environment);
  }
  checkEndpoint(environment);
  const download = new Download(file, paths, environment, options);
  try {
    return await withLock(
      paths.lock,
      options.signal,
      () => download.tell('another process is downloading it'),
      async () => {
        const arrived = await cachedReceipt(paths, file);
        return arrived === null ? found(await download.run(), false) : found(arrived, true);
      },
    );
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof HubError) throw error;
    if (!isDiskError(error)) throw unreachable(file, error, environment);
    throw new HubError(
      `${paths.file}: cannot be written (${reasonOf(error)})`,
      'Free some disk space, or set G2RL_CACHE to a folder that is writable.',
      { cause: error },
    );
  }
}

/** Checksums that differ twice are not a transmission error. */
const maxRestarts = 1;

class Download {
  readonly #url: string;
  readonly #policy: RetryPolicy;
  readonly #signal: AbortSignal | undefined;
  #received = 0;
  #total: number | null = null;

  constructor(
    readonly file: HubFile,
    readonly paths: CachePaths,
    readonly environment: Environment,
    readonly options: DownloadOptions,
  ) {
    this.#url = fileUrl(file, environment);
    this.#policy = { ...defaultRetryPolicy, ...options.retry };
    this.#signal = options.signal;
  }

  tell(note: string | null): void {
    this.options.onProgress?.({
      title: `${this.file.repository} ${this.file.path}`,
      receivedBytes: this.#received,
      totalBytes: this.#total,
      note,
    });
  }

  async run(): Promise<Receipt> {
    const dispatcher = await connections(this.environment, this.#policy.silence);
    try {
      for (let restarts = 0; ; restarts++) {
        const answer = await this.#untilWhole(dispatcher);
        this.tell('checking');
        const digests = await digestsOf(this.paths.part, this.#signal);
        const mismatch = this.#mismatch(answer, digests);
        if (mismatch === null) return this.#accept(answer, digests);
        dropPart(this.paths);
        if (restarts === maxRestarts) throw mismatch;
        this.tell('the checksum is wrong: downloading again from the start');
      }
    } finally {
      await dispatcher.destroy();
    }
  }

  #accept(answer: HubAnswer, { sha256, bytes }: Digests): Receipt {
    const { repository, revision } = this.file;
    const receipt: Receipt = {
      repository,
      revision,
      commit: answer.commit ?? revision,
      etag: answer.etag,
      sha256,
      bytes,
      downloadedAt: new Date().toISOString(),
    };
    acceptPart(this.paths, receipt);
    return receipt;
  }

  /** Attempts until the part holds the whole file. */
  async #untilWhole(dispatcher: Dispatcher): Promise<HubAnswer> {
    for (let failures = 1; ; failures++) {
      const before = partHere(this.paths)?.bytes ?? 0;
      try {
        return await this.#attempt(dispatcher);
      } catch (error) {
        this.#signal?.throwIfAborted();
        if (error instanceof HubError || isDiskError(error)) throw error;
        if ((partHere(this.paths)?.bytes ?? 0) > before) failures = 1;
        await this.#waitAfter(error, failures);
      }
    }
  }

  async #waitAfter(error: unknown, failures: number): Promise<void> {
    const answered = error instanceof PassingFailure;
    const asked = answered ? error.asked : null;
    const limit = answered ? this.#policy.attempts : this.#attemptsAfter(error);
    if (failures >= limit || isCertificateError(error)) throw unreachable(this.file, error, this.environment);
    if (asked !== null && asked > this.#policy.longestAsked) {
      const { message, hint } = unreachable(this.file, error, this.environment);
      throw new HubError(message, `It asks to wait ${Math.ceil(asked)} s. ${hint}`, { cause: error });
    }
    const wait = waitBefore(failures, asked, this.#policy);
    this.tell(`waiting ${wait < 10 ? wait.toFixed(1) : Math.round(wait)} s: ${reasonOf(error)}`);
    await pause(wait, this.#signal);
  }

  /** A name that is not known or a refused connection is probably not a temporary error. */
  #attemptsAfter(error: unknown): number {
    const unlikely = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH']);
    const hopeless = errorCodes(error).some((code) => unlikely.has(code));
    return hopeless ? this.#policy.attemptsToConnect : this.#policy.attempts;
  }

  async #attempt(dispatcher: Dispatcher): Promise<HubAnswer> {
    const part = partHere(this.paths);
    const answer = await askHub(this.#url, part?.bytes ?? 0, this.environment, dispatcher, this.#signal);
    try {
      if (answer.status === 416 && part !== null) return await this.#afterTheEnd(answer, part);
      if (answer.status !== 200 && answer.status !== 206) throw this.#refused(answer);
      const offset = answer.status === 206 ? this.#continued(answer, part) : 0;
      if (offset === 0) beginPart(this.paths, answer.etag);
      await this.#store(answer, offset);
    } finally {
      // What is not read is not wanted; without this the connection would stay open.
      answer.body.on('error', () => undefined).destroy();
    }
    return answer;
  }

  #refused(answer: HubAnswer): Error {
    const { status, headers } = answer;
    if (!isPassingStatus(status)) return refusal(this.file, status, headers, this.environment);
    const why = status === 429 ? `${status}, too many requests` : `${status}`;
    return new PassingFailure(`the hub answered ${why}`, askedWait(headers, Date.now()));
  }

  /** A request past the end: the part is whole already, or it is of something else. */
  async #afterTheEnd(answer: HubAnswer, part: { etag: string; bytes: number }): Promise<HubAnswer> {
    const total = /\*\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1];
    if (Number(total) === part.bytes) return { ...answer, etag: answer.etag ?? part.etag };
    dropPart(this.paths);
    throw new PassingFailure('the downloaded part does not match the file', 0);
  }

  /** Where the rest begins. */
  #continued(answer: HubAnswer, part: { etag: string; bytes: number } | null): number {
    const first = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
    if (part !== null && answer.etag === part.etag && Number(first) === part.bytes) return part.bytes;
    dropPart(this.paths);
    throw new PassingFailure('the file has changed during the download', 0);
  }

  async #store(answer: HubAnswer, offset: number): Promise<void> {
    this.#received = offset;
    this.#total = answer.size;
    const part: FileHandle = await open(this.paths.part, offset === 0 ? 'w' : 'a');
    try {
      for await (const piece of this.#pieces(answer)) {
        await part.appendFile(piece);
        this.#received += piece.length;
        this.tell(null);
      }
      await part.sync();
    } finally {
      await part.close();
    }
    if (answer.size !== null && this.#received < answer.size) throw this.#cut(null);
  }

  async *#pieces(answer: HubAnswer): AsyncGenerator<Buffer> {
    try {
      for await (const piece of answer.body) yield piece as Buffer;
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw this.#cut(error);
    }
  }

  #cut(cause: unknown): PassingFailure {
    const of = this.#total === null ? '' : ` of ${this.#total}`;
    return new PassingFailure(`the connection was cut after ${this.#received}${of} bytes`, null, { cause });
  }

  /** Null when the content is what the hub, and the caller, say it is. */
  #mismatch(answer: HubAnswer, { sha256, gitBlob, bytes }: Digests): HubError | null {
    const host = new URL(endpointOf(this.environment)).host;
    const name = titleOf(this.file);
    const wrong = (what: string) =>
      new HubError(
        `${name}: ${host} did not send the expected file: ${what}`,
        'A proxy or mirror changes files: try without it (HTTPS_PROXY, HF_ENDPOINT).',
      );
    if (answer.size !== null && bytes !== answer.size) {
      return wrong(`${bytes} bytes instead of ${answer.size}`);
    }
    const etag = answer.etag ?? '';
    const actual = /^[0-9a-f]{64}$/.test(etag) ? sha256 : /^[0-9a-f]{40}$/.test(etag) ? gitBlob : etag;
    if (actual !== etag) return wrong(`its checksum is ${actual} instead of ${etag}`);
    if (this.file.sha256 !== undefined && sha256 !== this.file.sha256) {
      return wrong(`its SHA-256 is ${sha256} instead of ${this.file.sha256}`);
    }
    return null;
  }
}

const diskCalls = new Set(['open', 'write', 'fsync', 'mkdir', 'rename']);

/** Writing failed, not the network. */
const isDiskError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && diskCalls.has(String(error.syscall));
