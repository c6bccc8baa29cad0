/** Programs in place of Python, uv and nvidia-smi, which tell what they were asked. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readRequirements } from '../../../../src/engines/torch/environment/requirements.js';
import { scratch } from '../../../scratch.js';

export interface PythonState {
  version?: string;
  virtual?: boolean;
  packages?: Record<string, string>;
  /** What its torch says; without one it cannot be imported. */
  torch?: object;
  /** `pip`, `ensurepip` or `venv` that it lacks. */
  lacks?: readonly string[];
  /** A regular expression of `grep -E`: packages that cannot be had. */
  refuses?: string;
}

/** One that has what the engine needs, in the oldest versions that will do. */
export const complete = (cuda: boolean): PythonState => ({
  virtual: true,
  packages: Object.fromEntries(
    readRequirements(resolve('src/torch')).map(({ name, specifier }) => [name, /[\d.]+/.exec(specifier)![0]]),
  ),
  torch: {
    build: cuda ? '12.6' : null,
    available: cuda,
    gpus: cuda ? [{ name: 'NVIDIA A100', bytes: 8e10 }] : [],
    reason: null,
  },
});

export class Programs {
  readonly root = scratch('programs');
  readonly #log = join(this.root, 'log');

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  /** What the programs were asked, without what was only asked to look around. */
  get asked(): string[] {
    if (!existsSync(this.#log)) return [];
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n');
  }

  program(path: string, script: string): string {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  }

  /** An interpreter. With `-m venv` it makes environments whose interpreter is `made`. */
  python(path: string, state: PythonState = {}, made: PythonState = {}): string {
    const { version = '3.12.4', virtual = false, packages = {}, torch, lacks = [], refuses } = state;
    const about = { executable: path, version, virtual, prefix: dirname(path), freeBytes: 1, packages };
    const answer = `${JSON.stringify(about)}\n${JSON.stringify(torch ?? { error: "No module named 'torch'" })}\n`;
    writeAll(`${path}.json`, answer);
    for (const name of lacks) writeAll(`${path}.lacks-${name}`, '');
    const template = virtual ? '' : this.python(`${path}-of-environment`, { virtual: true, ...made }, {});
    return this.program(
      path,
      `case "$*" in
  "-c "*) exit 0 ;;
  *probe.py*) cat "${path}.json"; exit 0 ;;
  "-m pip --version") test ! -e "${path}.lacks-pip"; exit ;;
esac
echo "$*" >> "${this.#log}"
case "$*" in
  "-m ensurepip"*) test ! -e "${path}.lacks-ensurepip" && rm -f "${path}.lacks-pip" ;;
  "-m venv"*)
    test -e "${path}.lacks-venv" && { echo "ensurepip is not available"; exit 1; }
    ${link(template, '"$3"')} ;;
  *) ${refuses === undefined ? 'exit 0' : `echo "$*" | grep -E -e '${refuses}' >/dev/null && { echo "ERROR: No matching distribution found"; exit 1; }; exit 0`} ;;
esac`,
    );
  }

  /** uv: makes environments whose interpreter is `made`. */
  uv(path: string, made: PythonState = {}, refuses = 'nothing at all'): string {
    const template = this.python(`${path}-python`, { virtual: true, ...made });
    return this.program(
      path,
      `echo "uv $*" >> "${this.#log}"
case "$1" in
  venv) for folder; do :; done; ${link(template, '"$folder"')} ;;
  *) echo "$*" | grep -E -e '${refuses}' >/dev/null && { echo "error: no solution"; exit 1; }; exit 0 ;;
esac`,
    );
  }
}

function writeAll(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A folder that looks like a virtual environment. */
const link = (interpreter: string, folder: string): string =>
  `mkdir -p ${folder}/bin && echo > ${folder}/pyvenv.cfg && ln -s "${interpreter}" ${folder}/bin/python`;
