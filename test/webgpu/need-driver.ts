/** Without a driver there is nothing to test on: an error where everything must be tested, a notice elsewhere. */
import { beforeEach } from 'vitest';
import { softwareGpu } from '../../scripts/lib/debian.mjs';

const notice =
  'No driver of a GPU that computes on the processor (SwiftShader): install Debian’s chromium to test graphs on WebGPU.';
const isMissing = softwareGpu() === null;

if (isMissing && (process.env.CI || process.env.G2RL_ALL_TESTS)) throw new Error(notice);
if (isMissing) process.stderr.write(`${notice}\n`);
beforeEach(({ skip }) => skip(isMissing, notice));
