/** What an installer prints, as it is shown and logged: without the credentials of indexes and proxies. */
import { afterEach, expect, test, vi } from 'vitest';
import { explainPip } from '../../../../src/engines/torch/environment/install-error.js';
import { run } from '../../../../src/engines/torch/environment/run-program.js';

afterEach(() => vi.unstubAllEnvs());

test('no line of an installation has a password', async () => {
  vi.stubEnv('PIP_INDEX_URL', 'https://user:p@ss/word@index.example/simple');
  vi.stubEnv('UV_EXTRA_INDEX_URL', 'https://a.example/simple https://deploy:0123456789@b.example/simple');
  vi.stubEnv('INDEX_TOKEN', 'pypi-AgEIcHlwaS5vcmc');
  const shown: string[] = [];
  const script = [
    'echo "Looking in indexes: $PIP_INDEX_URL, $UV_EXTRA_INDEX_URL"',
    'echo "ERROR: 401 from https://someone:else@c.example/simple with $INDEX_TOKEN" >&2',
    'exit 1',
  ];
  const { code, lines } = await run(['/bin/sh', '-c', script.join('; ')], {
    onLine: (line) => shown.push(line),
  });
  expect(code).toBe(1);
  expect([...lines].sort()).toEqual([
    'ERROR: 401 from https://***@c.example/simple with ***',
    'Looking in indexes: https://***@index.example/simple, https://a.example/simple https://***@b.example/simple',
  ]);
  expect(shown).toEqual(lines);
  expect(explainPip(lines).message).not.toMatch(/else|AgEI/);
});
