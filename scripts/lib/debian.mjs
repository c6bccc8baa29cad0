/** Debian packages that tests need: looked for first, installed when missing and allowed. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { print } from './output.mjs';
import { capture, run } from './run.mjs';

/** What to find, and the package that brings it: to build code-server. */
const buildNeeds = [
  {
    package: 'libkrb5-dev',
    present: () => existsSync('/usr/include/gssapi/gssapi.h'),
    why: 'code-server builds its Kerberos module',
  },
  {
    package: 'build-essential',
    present: () => onPath('g++') && onPath('make'),
    why: 'code-server builds native modules',
  },
  { package: 'python3', present: () => onPath('python3'), why: 'node-gyp runs on it' },
];
/** To run it. */
const browserNeeds = [
  {
    package: 'chromium',
    present: () => browserPath() !== null,
    why: 'the pages and the workbench run in it',
  },
];
const pythonHeader = 'import os, sysconfig; os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))';
/** To make the torch engine's environment, and to test in it. */
const pythonNeeds = [
  {
    package: 'python3-venv',
    present: () => spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0,
    why: 'the torch engine gets its own environment',
  },
  {
    package: 'build-essential',
    present: () => onPath('g++'),
    why: 'DeepSpeed compiles its communication on the processor',
  },
  {
    package: 'python3-dev',
    present: () => spawnSync('python3', ['-c', pythonHeader]).status === 0,
    why: 'DeepSpeed compiles its communication on the processor',
  },
];

/** To run a trainer by a wrong clock. */
const clockNeeds = [
  {
    package: 'faketime',
    present: () => onPath('faketime'),
    why: 'trainers are tested with a wrong clock',
  },
];

function onPath(name) {
  return (process.env.PATH ?? '').split(':').some((folder) => isExecutable(`${folder}/${name}`));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of the browser, or null: `G2RL_CHROMIUM` if set, else Debian's and the usual names. */
export function browserPath() {
  const chosen = process.env.G2RL_CHROMIUM;
  if (chosen) return isExecutable(chosen) ? chosen : null;
  const names = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return names.find(isExecutable) ?? null;
}

/** Where browsers bring SwiftShader, a driver that computes on the processor, and a loader of Vulkan. */
const driverFolders = ['/usr/lib/chromium', '/opt/google/chrome'];

/**
 * Environment of a process that is to find SwiftShader as its GPU, or null where there is none. It must be set when the
 * process starts: the loader's path is read once.
 * @returns {Record<string, string> | null}
 */
export function softwareGpu() {
  const folder = driverFolders.find((path) => existsSync(`${path}/vk_swiftshader_icd.json`));
  if (folder === undefined) return null;
  const driver = `${folder}/vk_swiftshader_icd.json`;
  return {
    VK_ICD_FILENAMES: driver,
    VK_DRIVER_FILES: driver,
    LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '/tmp',
  };
}

/**
 * Installs what is missing through apt-get, as root or with a sudo that asks for nothing.
 * @param {{ build?: boolean, browser?: boolean, python?: boolean, clock?: boolean }} purpose What the packages are for.
 */
export function ensureDebianPackages(purpose) {
  // One after the other: two at once would find the database locked.
  const installation = last.then(() => install(purpose));
  last = installation.catch(() => {});
  return installation;
}

let last = Promise.resolve();

async function install({ build = false, browser = false, python = false, clock = false }) {
  const needs = [
    ...(build ? buildNeeds : []),
    ...(browser ? browserNeeds : []),
    ...(python ? pythonNeeds : []),
    ...(clock ? clockNeeds : []),
  ];
  const missing = needs.filter((need) => !need.present());
  if (missing.length === 0) return;
  const packages = missing.map((need) => need.package);
  const reasons = missing.map((need) => `${need.package} (${need.why})`).join(', ');
  const byHand = `Install it by hand: apt-get install -y ${packages.join(' ')}`;
  if (!onPath('apt-get')) throw new Error(`Missing: ${reasons}. There is no apt-get here. ${byHand}`);
  const prefix = await asRoot();
  if (!prefix) throw new Error(`Missing: ${reasons}. Installing needs root or passwordless sudo. ${byHand}`);
  print(`Installing ${reasons}\n`);
  const command = (...args) => [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  for (const [program, ...args] of [
    command('update', '-q'),
    command('install', '-y', '-q', '--no-install-recommends', ...packages),
  ]) {
    if ((await run(program, args)) !== 0)
      throw new Error(`"${[program, ...args].join(' ')}" failed. ${byHand}`);
  }
  const still = missing.filter((need) => !need.present()).map((need) => need.package);
  if (still.length > 0)
    throw new Error(`${still.join(', ')} installed, but what it should provide is not found.`);
}

/** Words to put before a command that needs root: none as root, sudo if it needs no password, else null. */
async function asRoot() {
  if (process.getuid?.() === 0) return [];
  const { code } = await capture('sudo', ['-n', 'true']);
  return code === 0 ? ['sudo', '-n'] : null;
}
