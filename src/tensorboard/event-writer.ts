/** Writing an event file. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { appendWhole, makeFolderWithin } from '../runs/protocol/index.js';
import { fileVersionEvent, scalarsEvent, sessionStartEvent } from './event.js';
import { frame } from './records.js';

/** One process's file in a folder of event files. Every record is in it as a whole when a method returns. */
export class EventWriter {
  private constructor(readonly file: string) {}

  /**
   * Begins a file. The folder is made if it is missing, but not those above it.
   * @param step last step that counts: what earlier files have after it is written again
   * @throws {RunFileError}
   */
  static begin(folder: string, step: number): EventWriter {
    makeFolderWithin(folder);
    const now = Date.now() / 1000;
    const host = hostname().replace(/[^A-Za-z0-9._-]+/g, '-');
    const file = join(folder, `events.out.tfevents.${Math.floor(now)}.${host}.${process.pid}.0`);
    const first = [fileVersionEvent(now), ...(step > 0 ? [sessionStartEvent(step + 1, now)] : [])];
    appendWhole(file, Buffer.concat(first.map(frame)));
    return new EventWriter(file);
  }

  /** @param time Unix time, seconds @throws {RunFileError} */
  write(step: number, time: number, scalars: Readonly<Record<string, number>>): void {
    appendWhole(this.file, frame(scalarsEvent(step, time, scalars)));
  }
}
