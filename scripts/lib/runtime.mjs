/** ONNX Runtime for one platform: the part of the onnxruntime packages that a packaged extension needs. */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** Editor targets, and the folder of each in onnxruntime-node. */
const folders = {
  'linux-x64': 'linux/x64',
  'linux-arm64': 'linux/arm64',
  'darwin-arm64': 'darwin/arm64',
  'win32-x64': 'win32/x64',
  'win32-arm64': 'win32/arm64',
};

export const targets = Object.keys(folders);
export const hostTarget = `${process.platform}-${process.arch}`;

/** Where the bundles of `dist/` find the runtime before they look into the checkout's node_modules. */
const runtimeFolder = join(root, 'dist/node_modules');

export function removeRuntime() {
  rmSync(runtimeFolder, { recursive: true, force: true });
}

/** Replaces the runtime beside the bundles by the one of `target`. */
export function copyRuntime(target) {
  const platform = folders[target];
  if (!platform) throw new Error(`No ONNX Runtime for "${target}". Known targets: ${targets.join(', ')}.`);
  removeRuntime();
  const binaries = `bin/napi-v6/${platform}`;
  const parts = [
    ['onnxruntime-node', ['package.json', 'dist', binaries]],
    ['onnxruntime-common', ['package.json', 'dist/cjs']],
  ];
  for (const [name, paths] of parts) {
    const source = join(root, 'node_modules', name);
    for (const path of paths) {
      if (!existsSync(join(source, path))) throw new Error(`${join(source, path)} is missing. Run "npm ci".`);
      mkdirSync(join(runtimeFolder, name), { recursive: true });
      cpSync(join(source, path), join(runtimeFolder, name, path), {
        recursive: true,
        filter: (file) => !/\.(d\.ts|map)$/.test(file),
      });
    }
  }
}
