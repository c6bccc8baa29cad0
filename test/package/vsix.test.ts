import { statSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type VsixEntry, vsixEntries } from '../../scripts/lib/vsix.mjs';

const file = process.env.G2RL_VSIX;
const target = process.env.G2RL_TARGET ?? `${process.platform}-${process.arch}`;

describe('the packaged extension', () => {
  let entries: VsixEntry[];
  const paths = () => entries.map(({ path }) => path.replace(/^extension\//, ''));

  beforeAll(async () => {
    if (!file) throw new Error('G2RL_VSIX does not name a package. Run "npm test -- package".');
    entries = await vsixEntries(file);
  });

  test('is at most 40 MB', () => {
    expect(statSync(file!).size).toBeLessThanOrEqual(40e6);
  });

  test('has ONNX Runtime for its platform and for no other', () => {
    const platforms = paths()
      .map((path) => /^dist\/node_modules\/onnxruntime-node\/bin\/napi-v6\/(\w+\/\w+)\//.exec(path)?.[1])
      .filter((platform) => platform !== undefined);
    expect(new Set(platforms)).toEqual(new Set([target.replace('-', '/')]));
    const binaries = paths().filter((path) => /\.(node|so|dylib|dll)(\.\d+)*$/.test(path));
    expect(binaries.every((path) => path.includes(`/${target.replace('-', '/')}/`))).toBe(true);
    expect(binaries.some((path) => path.endsWith('onnxruntime_binding.node'))).toBe(true);
  });

  test('has an entry that is compiled at once, without the libraries that it loads later', () => {
    const entry = entries.find(({ path }) => path.endsWith(manifest.main.replace('./', '')));
    expect(entry!.unpacked).toBeLessThan(60e3);
    expect(paths().some((path) => /^dist\/extension\/experiment-\w+\.cjs$/.test(path))).toBe(true);
  });

  test('has everything that the manifest and the bundles name', () => {
    expect(paths()).toEqual(
      expect.arrayContaining([
        'package.json',
        manifest.main.replace('./', ''),
        'bin/g2rl',
        'bin/g2rl.cmd',
        'dist/cli.cjs',
        'dist/trainer.cjs',
        'dist/engine-worker.cjs',
        'dist/engine-share.cjs',
        'dist/reward-guard.cjs',
        'dist/study.cjs',
        'dist/statistics.cjs',
        'dist/rejudge.cjs',
        'dist/webview/dashboard.js',
        'dist/webview/panel.js',
        'dist/webview/webview.css',
        'dist/node_modules/onnxruntime-common/dist/cjs/index.js',
        'media/experiments/countdown.g2rl.json',
        'media/experiments/countdown.g2rl-study.json',
        'src/torch/requirements.txt',
        'src/torch/probe.py',
        'src/torch/g2rl_torch/__main__.py',
        'src/torch/g2rl_torch/rewards/host.py',
        'src/torch/g2rl_torch/run/train.py',
        'src/torch/g2rl_torch/rewards/host.py',
        'media/policies/countdown/config.json',
        'media/policies/countdown/model.safetensors',
        'media/policies/countdown/tokenizer.json',
        'media/schema/experiment.schema.json',
        'media/schema/study.schema.json',
        ...manifest.contributes.walkthroughs.flatMap(({ steps }) =>
          steps.flatMap(({ media }) => Object.values(media.image)),
        ),
        manifest.icon,
        'package.nls.json',
        'package.nls.de.json',
        'media/l10n/bundle.l10n.json',
        'media/l10n/bundle.l10n.de.json',
        ...manifest.contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ]),
    );
    // vsce renames these three.
    for (const document of [/^readme\.md$/i, /^changelog\.md$/i, /^license(\.txt)?$/i]) {
      expect(paths().some((path) => document.test(path))).toBe(true);
    }
  });

  test('has no sources, tests, source maps, tools or caches', () => {
    const strangers = paths().filter(
      (path) =>
        !/^(bin|dist|media)\//.test(path) &&
        !/^src\/torch\/(g2rl_torch\/(\w+\/)?)?[\w.]+$/.test(path) &&
        !/^(package(\.nls(\.\w+)?)?\.json|readme\.md|changelog\.md|license(\.txt)?|extension\.vsixmanifest|\[Content_Types\]\.xml)$/i.test(
          path,
        ),
    );
    expect(strangers).toEqual([]);
    expect(
      paths().filter((path) => /\.(ts|mts|svelte|map|tsbuildinfo|pyc)$|\/(test|src)\//.test(path)),
    ).toEqual([]);
  });
});
