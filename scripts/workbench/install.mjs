/**
 * Brings real VS Code, served to a browser: npm's code-server, built once with Node 24 into a cache of the user
 * and used from there by every later run and checkout.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { browserPath, ensureDebianPackages } from '../lib/debian.mjs';
import { print } from '../lib/output.mjs';
import { nodeBinary } from '../lib/paths.mjs';
import { capture, must } from '../lib/run.mjs';

const version = '4.139.1';
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'g2rl-lab/workbench');

/**
 * @typedef {object} Workbench
 * @property {string} node Node binary that code-server was built for and runs with.
 * @property {string} server Its entry script.
 * @property {string} browser Chromium.
 */

/** Which Debian packages it needs: those to run it, and those to build it when that is not done. */
export async function workbenchPackages() {
  const { built } = await placeOfBuild();
  return { browser: true, build: !built };
}

/** Makes sure that everything is there. @returns {Promise<Workbench>} */
export async function installWorkbench() {
  const { node, folder, built } = await placeOfBuild();
  await ensureDebianPackages({ browser: true, build: !built });
  if (!built) await build(folder, node);
  return {
    node: join(folder, 'node_modules', nodePackage(), 'bin/node'),
    server: join(folder, 'node_modules/code-server/out/node/entry.js'),
    browser: browserPath(),
  };
}

/** Native modules fit one Node version: another one gets its own folder. */
async function placeOfBuild() {
  const { code, output } = await capture(nodeBinary(), ['--version']);
  if (code !== 0) throw new Error(`Node of the checkout does not start: ${output}. Run "npm ci".`);
  const node = output.trim().slice(1);
  const folder = join(cache, `${version}-node${node}-${process.platform}-${process.arch}`);
  return { node, folder, built: existsSync(join(folder, 'complete')) };
}

function nodePackage() {
  return `${process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${process.platform}-${process.arch}`;
}

/** Builds beside and renames, so that an interrupted build is never mistaken for a finished one. */
async function build(folder, node) {
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(`${folder}.building-`);
  print(
    `Building code-server ${version} (VS Code in the browser) for Node ${node}: about two minutes, once.\n`,
  );
  try {
    const packageFile = {
      private: true,
      // The Node package brings the headers that the native modules are compiled against.
      dependencies: { 'code-server': version, [nodePackage()]: node },
      allowScripts: { 'code-server': true, argon2: true },
    };
    writeFileSync(join(scratch, 'package.json'), JSON.stringify(packageFile, null, 2));
    await must('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: scratch,
      env: {
        npm_config_nodedir: join(scratch, 'node_modules', nodePackage()),
        // code-server's install script reads Node's version here, and an npm around this one hands down its own.
        npm_config_user_agent: `npm node/v${node} ${process.platform} ${process.arch}`,
      },
    });
    await checkBuild(scratch);
    writeFileSync(join(scratch, 'complete'), `${new Date().toISOString()}\n`);
    put(scratch, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A build that npm calls finished may still lack a native module: install scripts can be blocked silently. */
async function checkBuild(scratch) {
  const code = join(scratch, 'node_modules/code-server/lib/vscode');
  for (const file of [
    'node_modules/node-pty/package.json',
    'node_modules/@vscode/spdlog/build/Release/spdlog.node',
    'node_modules/@parcel/watcher/package.json',
    'bin/remote-cli/code-server',
  ]) {
    if (!existsSync(join(code, file))) throw new Error(`The build of code-server lacks ${file}.`);
  }
  const entry = join(scratch, 'node_modules/code-server/out/node/entry.js');
  const { code: exit, output } = await capture(nodeBinary(), [entry, '--version']);
  if (exit !== 0 || !output.includes(version)) throw new Error(`code-server --version said: ${output}`);
}

/** Another run may have finished the same build meanwhile: then its result stays. */
function put(scratch, folder) {
  try {
    renameSync(scratch, folder);
  } catch (error) {
    if (!existsSync(join(folder, 'complete'))) throw error;
  }
}
