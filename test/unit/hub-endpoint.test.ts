import { describe, expect, it } from 'vitest';
import { downloadHubFile } from '../../src/hub/download.js';
import { checkEndpoint, endpointOf } from '../../src/hub/endpoint.js';
import { HubError } from '../../src/hub/hub-error.js';
import { scratch } from '../scratch.js';

const file = { repository: 'people/numbers', revision: 'main', path: 'test.jsonl' };

/** What a download says, all of it. */
async function said(environment: Record<string, string>): Promise<string> {
  const options = { cacheDirectory: scratch('hub'), environment };
  const error: unknown = await downloadHubFile(file, options).catch((reason: unknown) => reason);
  if (!(error instanceof HubError)) throw new Error(`expected a HubError, got ${String(error)}`);
  return `${error.message}\n${error.hint}`;
}

describe('the token', () => {
  it.each([
    'http://mirror.example',
    'HTTP://10.0.0.5:8080/hf',
    'http://127.0.0.1.example',
    'http://localhost.example',
  ])('is not sent unencrypted to %s', async (endpoint) => {
    const text = await said({ HF_ENDPOINT: endpoint, HF_TOKEN: 'hf_secret' });
    expect(text).toMatch(/HF_TOKEN would be sent there unencrypted\nUse https:\/\//);
    expect(text).not.toContain('hf_secret');
  });

  it.each(['http://localhost:8080', 'http://127.0.0.1:1', 'http://[::1]:80', 'https://mirror.example', ''])(
    'may go to "%s"',
    (endpoint) => {
      expect(() => checkEndpoint({ HF_ENDPOINT: endpoint, HF_TOKEN: 'hf_secret' })).not.toThrow();
    },
  );

  it('is what matters: without one a mirror may be unencrypted', () => {
    expect(() => checkEndpoint({ HF_ENDPOINT: 'http://mirror.example', HF_TOKEN: ' ' })).not.toThrow();
  });
});

describe('a password in HF_ENDPOINT', () => {
  it.each([
    'https://zoe:s3cret@mirror.example',
    'http://zoe:s3cr@et@mirror.example',
    'https://zoe:s3cret/x@mirror.example',
    'zoe:s3cret@mirror.example',
    'https://s3cret@mirror.example/hub/',
  ])('is never shown: %s', async (endpoint) => {
    for (const more of [{}, { HF_HUB_OFFLINE: '1' }]) {
      const text = await said({ HF_ENDPOINT: endpoint, ...more });
      expect(text).toContain('mirror.example');
      expect(text).not.toMatch(/s3cr|zoe/);
    }
    expect(endpointOf({ HF_ENDPOINT: endpoint })).not.toMatch(/s3cr|zoe|@/);
  });
});
