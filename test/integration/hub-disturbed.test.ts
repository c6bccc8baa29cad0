import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DownloadProgress, downloadHubFile } from '../../src/hub/download.js';
import { Arrival, bytes, failureOf, filesIn, sample, sha256, useHub } from './hub-fixture.js';
import { HubServer } from './hub-server.js';

const on = useHub();

describe('a download that is disturbed', () => {
  it('goes on where the connection was cut', async () => {
    const content = bytes(600_000);
    on.hub.put(sample.repository, sample.path, content, true);
    const arrival = new Arrival();
    on.hub.faults.push(
      { kind: 'cut', after: 200_000, arrived: arrival.of(200_000) },
      { kind: 'cut', after: 100_000, arrived: arrival.of(300_000) },
    );
    const file = await downloadHubFile(sample, on.options({ onProgress: arrival.onProgress }));
    expect(readFileSync(file.path).equals(content)).toBe(true);
    const ranges = on.hub.seen.filter(({ server }) => server === 'store').map(({ range }) => range);
    expect(ranges).toHaveLength(3);
    expect(ranges[0]).toBeNull();
    const starts = ranges.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]));
    expect(starts).toEqual([200_000, 300_000]);
  });

  it('goes on after a cut of a small file, which the hub delivers itself', async () => {
    const content = bytes(200_000);
    on.hub.put(sample.repository, sample.path, content, false);
    const arrival = new Arrival();
    on.hub.faults.push({ kind: 'cut', after: 70_000, arrived: arrival.of(70_000) });
    const file = await downloadHubFile(sample, on.options({ onProgress: arrival.onProgress }));
    expect(readFileSync(file.path).equals(content)).toBe(true);
    expect(on.hub.seen.at(-1)?.range).toBe('bytes=70000-');
  });

  it('starts over with a server that knows no ranges', async () => {
    const content = bytes(300_000);
    on.hub.ranges = false;
    on.hub.put(sample.repository, sample.path, content, true);
    on.hub.faults.push({ kind: 'cut', after: 150_000 });
    const file = await downloadHubFile(sample, on.options());
    expect(readFileSync(file.path).equals(content)).toBe(true);
  });

  it('goes on when the server falls silent', async () => {
    const content = bytes(300_000);
    on.hub.put(sample.repository, sample.path, content, true);
    on.hub.faults.push({ kind: 'stall', after: 100_000 });
    const retry = { firstWait: 0.01, silence: 0.5 };
    const file = await downloadHubFile(sample, on.options({ retry }));
    expect(readFileSync(file.path).equals(content)).toBe(true);
    expect(on.hub.seen.at(-1)?.range).toBe('bytes=100000-');
  });

  it('does not join the parts of two versions', async () => {
    on.hub.put(sample.repository, sample.path, bytes(300_000), true);
    const arrival = new Arrival();
    on.hub.faults.push({ kind: 'cut', after: 100_000, arrived: arrival.of(100_000) });
    const noMore = on.options({ retry: { attempts: 1, firstWait: 0.01 }, onProgress: arrival.onProgress });
    await expect(downloadHubFile(sample, noMore)).rejects.toThrow(
      'the connection was cut after 100000 of 300000 bytes',
    );
    const changed = Buffer.concat([Buffer.from('new'), bytes(300_000)]);
    on.hub.put(sample.repository, sample.path, changed, true);
    const file = await downloadHubFile(sample, on.options());
    expect(readFileSync(file.path).equals(changed)).toBe(true);
  });

  it('keeps what has arrived when it is cancelled, and goes on from there', async () => {
    const content = bytes(400_000);
    on.hub.put(sample.repository, sample.path, content, true);
    on.hub.faults.push({ kind: 'stall', after: 100_000 });
    const controller = new AbortController();
    const onProgress = ({ receivedBytes }: DownloadProgress) => {
      if (receivedBytes >= 100_000) controller.abort();
    };
    const started = performance.now();
    const cancelled = downloadHubFile(sample, on.options({ signal: controller.signal, onProgress }));
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(filesIn(on.cacheDirectory)).toEqual(['test.bin.part', 'test.bin.part.json']);
    const file = await downloadHubFile(sample, on.options());
    expect(readFileSync(file.path).equals(content)).toBe(true);
    expect(on.hub.seen.at(-1)?.range).toBe('bytes=100000-');
  });

  it('needs no byte more when only the end of its bookkeeping is missing', async () => {
    const content = bytes(1000);
    on.hub.put(sample.repository, sample.path, content, true);
    const { path, sha256: etag } = await downloadHubFile(sample, on.options());
    renameSync(path, `${path}.part`);
    writeFileSync(`${path}.part.json`, JSON.stringify({ etag }));
    rmSync(`${path}.receipt.json`);
    await expect(downloadHubFile(sample, on.options())).resolves.toMatchObject({ fromCache: false });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(on.hub.seen.at(-1)?.range).toBe('bytes=1000-');
  });

  it('is cancelled in the middle of a wait', async () => {
    on.hub.put(sample.repository, sample.path, bytes(10), true);
    on.hub.faults.push({ kind: 'status', status: 429, headers: { 'retry-after': '60' } });
    const controller = new AbortController();
    const onProgress = ({ note }: DownloadProgress) => {
      if (note !== null) controller.abort();
    };
    const cancelled = downloadHubFile(sample, on.options({ signal: controller.signal, onProgress }));
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('waits as long as the hub asks when it is too busy', async () => {
    on.hub.put(sample.repository, sample.path, bytes(10), true);
    on.hub.faults.push(
      { kind: 'status', status: 429, headers: { 'retry-after': '0.3' } },
      { kind: 'status', status: 503 },
    );
    const notes: string[] = [];
    const started = performance.now();
    await downloadHubFile(
      sample,
      on.options({ onProgress: ({ note }) => note !== null && notes.push(note) }),
    );
    expect(performance.now() - started).toBeGreaterThan(290);
    expect(notes.slice(0, 2)).toEqual([
      'waiting 0.3 s: the hub answered 429, too many requests',
      'waiting 0.0 s: the hub answered 503',
    ]);
  });

  it('does not sit through hours, and gives up on a server that only fails', async () => {
    on.hub.put(sample.repository, sample.path, bytes(10), true);
    on.hub.faults.push({ kind: 'status', status: 429, headers: { 'retry-after': '7200' } });
    const asked = await failureOf(downloadHubFile(sample, on.options()));
    expect(asked.hint).toContain('It asks to wait 7200 s.');
    on.hub.faults.push(...Array.from({ length: 9 }, () => ({ kind: 'status', status: 502 }) as const));
    const { message } = await failureOf(downloadHubFile(sample, on.options()));
    expect(message).toContain('the hub answered 502');
    expect(on.hub.faults).toHaveLength(3);
  });

  it('tries once more after a wrong checksum, then says so and keeps nothing', async () => {
    const content = bytes(1000);
    on.hub.put(sample.repository, sample.path, content, true);
    on.hub.faults.push({ kind: 'corrupt' });
    await expect(downloadHubFile(sample, on.options())).resolves.toMatchObject({ sha256: sha256(content) });
    rmSync(join(on.cacheDirectory, 'datasets'), { recursive: true });
    on.hub.faults.push({ kind: 'corrupt' }, { kind: 'corrupt' });
    const { message, hint } = await failureOf(downloadHubFile(sample, on.options()));
    expect(message).toContain(`instead of ${sha256(content)}`);
    expect(hint).toContain('HF_ENDPOINT');
    expect(filesIn(on.cacheDirectory)).toEqual([]);
  });

  it('says that there is no network, and what to do without one', async () => {
    const { endpoint } = on.hub;
    const gone = on.options({ environment: { HF_ENDPOINT: endpoint } });
    await on.hub.stop();
    const { message, hint } = await failureOf(downloadHubFile(sample, gone));
    expect(message).toMatch(
      /^data set people\/numbers, data\/test\.bin: cannot be downloaded from http:.*ECONNREFUSED/,
    );
    expect(hint).toContain('HTTPS_PROXY');
    expect(hint).toContain(`${endpoint}/datasets/people/numbers/resolve/main/data/test.bin`);
    expect(hint).toContain('"file": "path/to/test.bin"');
    on.hub = await HubServer.start();
    const offline = await failureOf(
      downloadHubFile(sample, on.options({ environment: { HF_HUB_OFFLINE: 'true' } })),
    );
    expect(offline.message).toContain('HF_HUB_OFFLINE is set');
    expect(on.hub.seen).toEqual([]);
  });

  it('says what cannot work here', async () => {
    const blocked = join(on.cacheDirectory, 'file');
    writeFileSync(blocked, '');
    const disk = await failureOf(downloadHubFile(sample, on.options({ cacheDirectory: blocked })));
    expect(disk.message).toMatch(/test\.bin: cannot be written \(E/);
    expect(disk.hint).toContain('G2RL_CACHE');
    const withEnvironment = (environment: Record<string, string>) =>
      failureOf(downloadHubFile(sample, on.options({ environment })));
    const address = await withEnvironment({ HF_ENDPOINT: 'my-mirror' });
    expect(address.message).toBe('HF_ENDPOINT is "my-mirror", which is not a URL');
    const proxy = await withEnvironment({ HF_ENDPOINT: on.hub.endpoint, HTTP_PROXY: 'no proxy' });
    expect(proxy.message).toContain('cannot be downloaded');
    expect(proxy.hint).toContain('HTTPS_PROXY');
  });

  it('says that the file or the data set is not there', async () => {
    const { message, hint } = await failureOf(downloadHubFile(sample, on.options()));
    expect(message).toContain('the hub answered 404: Entry not found');
    expect(hint).toContain('The file does not exist');
    expect(on.hub.seen).toHaveLength(1);
  });
});
