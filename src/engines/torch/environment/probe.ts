/** Asks an interpreter what it has. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { Candidate } from './interpreters.js';

const interpreterSchema = z.object({
  executable: z.string(),
  version: z.string(),
  virtual: z.boolean(),
  prefix: z.string(),
  freeBytes: z.number(),
  packages: z.record(z.string(), z.string().nullable()),
  unmet: z.record(z.string(), z.array(z.string())).optional().describe('What each package needs and lacks'),
});

const torchSchema = z.union([
  z.object({
    build: z.string().nullable().describe('CUDA (or ROCm) that torch was built for; null for CPU builds'),
    available: z.boolean(),
    gpus: z.array(z.object({ name: z.string(), bytes: z.number() })),
    reason: z.string().nullable().describe('Why CUDA cannot be used although it was built for it'),
  }),
  z.object({ error: z.string() }),
]);

export type TorchReport = z.infer<typeof torchSchema>;

export interface InterpreterReport extends Candidate {
  /** Null when it does not even start. */
  python: z.infer<typeof interpreterSchema> | null;
  torch: TorchReport;
}

/** Importing torch from a cold disk takes its time. */
const timeoutMilliseconds = 120_000;

/** @param packageFolder `src/torch`. @param packages names whose versions matter */
export function probeInterpreter(
  candidate: Candidate,
  packageFolder: string,
  packages: readonly string[],
): Promise<InterpreterReport> {
  return new Promise((resolve) => {
    const program = [join(packageFolder, 'probe.py'), ...packages];
    execFile(
      candidate.path,
      program,
      {
        timeout: timeoutMilliseconds,
        windowsHide: true,
        maxBuffer: 2 ** 24,
        // The first GPU it finds is the one that a run takes.
        env: { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', ...process.env },
      },
      (error, stdout, stderr) => {
        const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
        const python = parse(interpreterSchema, lines[0]);
        const lastWord = absent(error)
          ? 'there is no such file'
          : stderr.trim().split('\n').at(-1) || error?.message || 'it said nothing';
        const torch = parse(torchSchema, lines[1]) ?? { error: `torch cannot be imported: ${lastWord}` };
        resolve({ ...candidate, python, torch: python ? torch : { error: lastWord } });
      },
    );
  });
}

const absent = (error: Error | null): boolean => error !== null && 'code' in error && error.code === 'ENOENT';

function parse<Output>(schema: z.ZodType<Output>, line: string | undefined): Output | null {
  if (line === undefined) return null;
  try {
    return schema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
