/** Where things are in the checkout, and which Node runs them: the one that `npm ci` brought along. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Build products that are not shipped: packages, reports, logs of the scripts. Git ignores it. */
export const cache = join(root, '.cache');

/** The package's own version and name. */
export function manifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

/** Path of the Node 24 binary from the `node` package. Throws with the fix when it is not installed. */
export function nodeBinary() {
  const binary = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    throw new Error(
      `${binary} is missing. The npm package "node" installs it: run "npm ci" (its install script must be allowed).`,
    );
  }
  return binary;
}

/** Environment in which `node` and the tools of node_modules/.bin are the checkout's own. */
export function toolEnvironment(extra = {}) {
  const path = [join(root, 'node_modules/.bin'), dirname(nodeBinary()), process.env.PATH].join(
    process.platform === 'win32' ? ';' : ':',
  );
  return { ...process.env, PATH: path, ...extra };
}
