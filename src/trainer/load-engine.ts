/** Loading the embedded engine, for which ONNX Runtime has no build on some machines. */
import { KnownError, reasonOf } from '../errors.js';

const platforms = 'macOS on Apple silicon, Linux with glibc on x64 and arm64, and Windows on x64 and arm64';

/** @throws KnownError where ONNX Runtime cannot be loaded */
export async function loadEngine(): Promise<typeof import('../engines/embedded/index.js')> {
  try {
    return await import('../engines/embedded/index.js');
  } catch (error) {
    if (!isOfRuntime(error)) throw error;
    throw new KnownError(
      `The embedded engine cannot run on this machine (${process.platform} ${process.arch}): ${firstLine(reasonOf(error))}`,
      `Its ONNX Runtime is built for ${platforms}. Set engine to "torch" and run Set Up GPU Engine: PyTorch also runs on a processor. Looking at runs works everywhere.`,
    );
  }
}

function isOfRuntime(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return (code === 'MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED') && /onnxruntime/.test(String(error));
}

const firstLine = (text: string): string => text.split('\n', 1)[0]!;
