/** The Python that creates the torch engine's environment. */
import type { InterpreterReport } from './probe.js';
import { satisfies } from './requirements.js';

/** The first Python with the syntax and the packages that the engine needs. */
export const oldestPython = '3.10';

/** What uv brings where there is no Python that could make the environment. */
export const pythonOfUv = '3.12';

/** Its path; null when none of these can. */
export function baseInterpreter(interpreters: readonly InterpreterReport[]): string | null {
  const able = interpreters.flatMap(({ python }) =>
    python && satisfies(python.version, `>=${oldestPython}`) ? [python] : [],
  );
  // One that is virtual itself may be removed with its project.
  const base = able.find(({ virtual }) => !virtual) ?? able[0];
  return base?.executable ?? null;
}
