import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadProgress, downloadHubFile } from '../../src/hub/download.js';
import { bytes, failureOf, filesIn, sample, sha256, useHub } from './hub-fixture.js';
import { COMMIT, TunnelProxy } from './hub-server.js';

const on = useHub();

describe('a download', () => {
  it('follows the redirect to the store, which never sees the token', async () => {
    const content = bytes(300_000);
    on.hub.put(sample.repository, sample.path, content, true);
    const environment = { HF_ENDPOINT: on.hub.endpoint, HF_TOKEN: ' hf_secret\n' };
    const file = await downloadHubFile(sample, on.options({ environment }));
    expect(readFileSync(file.path).equals(content)).toBe(true);
    expect(file).toMatchObject({
      commit: COMMIT,
      etag: sha256(content),
      sha256: sha256(content),
      bytes: content.length,
      fromCache: false,
    });
    expect(on.hub.seen.map(({ server, token }) => [server, token])).toEqual([
      ['hub', 'Bearer hf_secret'],
      ['store', null],
    ]);
    expect(filesIn(on.cacheDirectory)).toEqual(['test.bin', 'test.bin.receipt.json']);
  });

  it('of a small file comes from the hub itself and is checked against git', async () => {
    const content = Buffer.from('{"problem":"1+1","answer":"2"}\n');
    on.hub.put('people/small', 'test.jsonl', content, false);
    const file = { repository: 'people/small', revision: 'main', path: 'test.jsonl' };
    await expect(downloadHubFile(file, on.options())).resolves.toMatchObject({ sha256: sha256(content) });
    on.hub.faults.push({ kind: 'corrupt' }, { kind: 'corrupt' });
    rmSync(join(on.cacheDirectory, 'datasets'), { recursive: true });
    const { message } = await failureOf(downloadHubFile(file, on.options()));
    expect(message).toMatch(
      /data set people\/small, test\.jsonl: .* its checksum is [0-9a-f]{40} instead of/,
    );
  });

  it('happens once: the cache answers, even without the network', async () => {
    on.hub.put(sample.repository, sample.path, bytes(1000), true);
    const first = await downloadHubFile(sample, on.options());
    const asked = on.hub.seen.length;
    const second = await downloadHubFile(sample, on.options({ environment: { HF_HUB_OFFLINE: '1' } }));
    expect(second).toEqual({ ...first, fromCache: true });
    expect(on.hub.seen).toHaveLength(asked);
  });

  it('is made anew when the cached file was changed or another checksum is asked for', async () => {
    const content = bytes(1000);
    on.hub.put(sample.repository, sample.path, content, true);
    const { path } = await downloadHubFile(sample, on.options());
    writeFileSync(path, bytes(2000).subarray(1000));
    await expect(downloadHubFile(sample, on.options())).resolves.toMatchObject({ fromCache: false });
    expect(readFileSync(path).equals(content)).toBe(true);
    const { message } = await failureOf(downloadHubFile({ ...sample, sha256: 'a'.repeat(64) }, on.options()));
    expect(message).toContain(`its SHA-256 is ${sha256(content)} instead of aaaa`);
  });

  it('of two callers at once happens once', async () => {
    on.hub.put(sample.repository, sample.path, bytes(400_000), true);
    const files = await Promise.all([1, 2, 3].map(() => downloadHubFile(sample, on.options())));
    expect(new Set(files.map((file) => file.path)).size).toBe(1);
    expect(files.filter((file) => !file.fromCache)).toHaveLength(1);
    expect(on.hub.seen.filter(({ server }) => server === 'store')).toHaveLength(1);
  });

  it('takes over a lock whose process is gone', async () => {
    on.hub.put(sample.repository, sample.path, bytes(100), true);
    const { path } = await downloadHubFile(sample, on.options());
    rmSync(path);
    // No process has this number: it is above the largest that systems give.
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: 2 ** 30, host: hostname() }));
    await expect(downloadHubFile(sample, on.options())).resolves.toMatchObject({ fromCache: false });
  });

  it('reports bytes as they arrive', async () => {
    const content = bytes(500_000);
    on.hub.put(sample.repository, sample.path, content, true);
    const told: DownloadProgress[] = [];
    await downloadHubFile(sample, on.options({ onProgress: (progress) => told.push({ ...progress }) }));
    const received = told.map(({ receivedBytes }) => receivedBytes);
    expect(received.length).toBeGreaterThan(2);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
    expect(told.at(-1)).toMatchObject({ receivedBytes: content.length, totalBytes: content.length });
  });

  it('finds a repository under its new name', async () => {
    on.hub.put('people/new-name', sample.path, bytes(10), false);
    on.hub.renamed.set(sample.repository, 'people/new-name');
    await expect(downloadHubFile(sample, on.options())).resolves.toMatchObject({ commit: COMMIT });
  });
});

describe('through a proxy', () => {
  let proxy: TunnelProxy;
  beforeEach(async () => {
    proxy = await TunnelProxy.start();
    on.hub.put(sample.repository, sample.path, bytes(5000), true);
  });
  afterEach(() => proxy.stop());

  it('goes what HTTP_PROXY names, the store included', async () => {
    const environment = { HF_ENDPOINT: on.hub.endpoint, http_proxy: proxy.url };
    await downloadHubFile(sample, on.options({ environment }));
    expect(new Set(proxy.tunnels).size).toBe(2);
    expect(proxy.tunnels).toContain(new URL(on.hub.endpoint).host);
  });

  it('does not go what NO_PROXY excepts', async () => {
    const environment = { HF_ENDPOINT: on.hub.endpoint, HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' };
    await downloadHubFile(sample, on.options({ environment }));
    expect(proxy.tunnels).toEqual([]);
  });
});
