/**
 * Packages the extension for one platform: `npm run package -- [target] [--out FILE]`. vsce runs the
 * `vscode:prepublish` script of package.json, which bundles for production and copies the target's ONNX Runtime.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { manifest, root } from './lib/paths.mjs';
import { must } from './lib/run.mjs';
import { hostTarget, removeRuntime, targets } from './lib/runtime.mjs';
import { vsixEntries } from './lib/vsix.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, target: { type: 'string' } },
});
const target = values.target ?? positionals[0] ?? hostTarget;
if (!targets.includes(target)) {
  console.error(`There is no ONNX Runtime to ship for "${target}". Targets: ${targets.join(', ')}.`);
  process.exit(2);
}
const { name, version } = manifest();
const file = resolve(values.out ?? join(root, `${name}-${version}-${target}.vsix`));
mkdirSync(dirname(file), { recursive: true });

try {
  await must('vsce', ['package', '--target', target, '--out', file], { env: { G2RL_TARGET: target } });
} finally {
  removeRuntime();
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
const entries = await vsixEntries(file);
console.log(
  `\n${file}: ${megabytes(statSync(file).size)}, ${entries.length} files. The biggest, packed (unpacked):`,
);
for (const entry of entries.toSorted((a, b) => b.packed - a.packed).slice(0, 10)) {
  console.log(`  ${megabytes(entry.packed).padStart(10)} (${megabytes(entry.unpacked)})  ${entry.path}`);
}
