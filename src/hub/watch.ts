/** Downloads in a process that can be asked to stop: progress goes to a log, a stop ends the wait. */
import { defaultCacheDirectory } from './cache.js';
import type { DownloadOptions, DownloadProgress } from './download.js';

/** Someone asked to stop while files were loaded. */
export class LoadingStopped extends Error {
  override readonly name = 'LoadingStopped';
}

/** How a wait for a download is reported, and ended. */
export interface LoadingHooks {
  log(line: string): void;
  stopRequested(): boolean;
}

const stopPollMilliseconds = 200;

/**
 * Does work that downloads.
 * @throws LoadingStopped; the downloaded part is kept
 */
export async function whileWatched<Result>(
  { log, stopRequested }: LoadingHooks,
  work: (options: DownloadOptions) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const poll = setInterval(() => {
    if (stopRequested()) controller.abort(new LoadingStopped());
  }, stopPollMilliseconds);
  try {
    return await work({
      cacheDirectory: defaultCacheDirectory(),
      signal: controller.signal,
      onProgress: downloadLog(log),
    });
  } catch (error) {
    throw controller.signal.aborted ? new LoadingStopped() : error;
  } finally {
    clearInterval(poll);
  }
}

/** Logs a download when something about it changes, not every chunk. */
function downloadLog(log: (line: string) => void): (progress: DownloadProgress) => void {
  let told = '';
  return ({ title, note, receivedBytes, totalBytes }) => {
    const share = totalBytes ? `, ${Math.floor((10 * receivedBytes) / totalBytes) * 10} %` : '';
    const line = `downloading ${title}${note === null ? share : `: ${note}`}`;
    if (line !== told) log(line);
    told = line;
  };
}
