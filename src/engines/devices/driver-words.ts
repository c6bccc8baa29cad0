/** What the drivers and ONNX Runtime say on standard error while a GPU is tested. */
import { stripVTControlCharacters } from 'node:util';

export class DriverWords {
  /** The adapter that is computed on, in the words of the Vulkan loader. */
  adapter: string | null = null;
  maxBufferBytes: number | null = null;
  /** The last line that may say why a process ended. */
  last = '';

  read(line: string): void {
    this.adapter ??= /\bUsing "([^"]+)" with driver: /.exec(line)?.[1] ?? null;
    const limit = /exceeds the max buffer size limit \((\d+)\)/.exec(line)?.[1];
    if (limit !== undefined) this.maxBufferBytes = Number(limit);
    if (line.startsWith('[Vulkan Loader]') || line.trim() === '') return;
    // ONNX Runtime colours its lines.
    this.last = stripVTControlCharacters(line).trim().slice(0, 300);
  }
}
