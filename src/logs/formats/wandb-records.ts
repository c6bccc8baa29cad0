/**
 * The file of a W&B run, `run-<id>.wandb`: LevelDB's log format in blocks of 32 KiB, after a header of 7 bytes, with
 * messages of wandb_internal.proto in it.
 */
import { crc32 } from 'node:zlib';
import protobuf from 'protobufjs/light.js';

export const blockBytes = 32 * 1024;
export const fileHeaderBytes = 7;
const headerBytes = 7;
export const wandbMagic = ':W&B';

const kinds = { full: 1, first: 2, middle: 3, last: 4 };

export interface WandbRecords {
  /** Offset in the file of what is not taken yet: the start of a record. */
  next: number;
  /** Offset of a chunk whose checksum is wrong; null when none is. */
  damaged: number | null;
}

interface Chunk {
  kind: number;
  data: Buffer;
  /** Place behind it. */
  end: number;
  isWhole: boolean;
}

/** The chunk that begins at a place; null where the bytes end before it does. */
function chunkAt(bytes: Buffer, place: number): Chunk | null {
  if (place + headerBytes > bytes.length) return null;
  const end = place + headerBytes + bytes.readUInt16LE(place + 4);
  if (end > bytes.length) return null;
  const kind = bytes[place + 6]!;
  const data = bytes.subarray(place + headerBytes, end);
  const checksum = crc32(data, crc32(bytes.subarray(place + 6, place + 7)));
  return { kind, data, end, isWhole: kind <= kinds.last && checksum === bytes.readUInt32LE(place) };
}

/**
 * The whole records of a part of a file. What is cut off at its end is left.
 * @param offset of the part in the file: the start of a record
 */
export function readWandbRecords(
  bytes: Buffer,
  offset: number,
  take: (data: Buffer, offset: number) => void,
): WandbRecords {
  let place = 0;
  let next = offset;
  let parts: Buffer[] = [];
  for (;;) {
    // The rest of a block that has no room for a header is zeros.
    const left = blockBytes - ((offset + place) % blockBytes);
    if (left < headerBytes) place += left;
    const chunk = chunkAt(bytes, place);
    if (!chunk) return { next, damaged: null };
    if (!chunk.isWhole) return { next, damaged: offset + place };
    const { kind, data } = chunk;
    place = chunk.end;
    parts = kind === kinds.full || kind === kinds.first ? [data] : [...parts, data];
    if (kind !== kinds.full && kind !== kinds.last) continue;
    take(parts.length === 1 ? data : Buffer.concat(parts), next);
    parts = [];
    next = offset + place;
  }
}

const field = (type: string, id: number, repeated = false) =>
  repeated ? { type, id, rule: 'repeated' } : { type, id };

const root = protobuf.Root.fromJSON({
  nested: {
    Record: {
      fields: {
        history: field('History', 2),
        config: field('Config', 5),
        run: field('Run', 17),
        exit: field('Exit', 18),
      },
    },
    Item: {
      fields: {
        key: field('string', 1),
        nestedKey: field('string', 2, true),
        valueJson: field('string', 16),
      },
    },
    History: {
      fields: { item: field('HistoryItem', 1, true), step: field('HistoryStep', 2) },
    },
    HistoryItem: {
      fields: {
        key: field('string', 1),
        nestedKey: field('string', 2, true),
        valueJson: field('string', 16),
      },
    },
    HistoryStep: { fields: { num: field('int64', 1) } },
    Config: { fields: { update: field('Item', 1, true) } },
    Run: {
      fields: {
        runId: field('string', 1),
        config: field('Config', 4),
        displayName: field('string', 8),
        notes: field('string', 9),
        tags: field('string', 10, true),
        startTime: field('Timestamp', 17),
      },
    },
    Timestamp: { fields: { seconds: field('int64', 1), nanos: field('int32', 2) } },
    Exit: { fields: { exitCode: field('int32', 1) } },
  },
});
const recordType = root.lookupType('Record');

type Long = number | { toNumber(): number };
export interface WandbItem {
  key?: string;
  nestedKey?: string[];
  valueJson?: string;
}
export interface WandbRecord {
  history?: { item?: WandbItem[]; step?: { num?: Long } };
  config?: { update?: WandbItem[] };
  run?: {
    runId?: string;
    config?: { update?: WandbItem[] };
    displayName?: string;
    notes?: string;
    tags?: string[];
    startTime?: { seconds?: Long };
  };
}

export const decodeWandb = (bytes: Uint8Array): WandbRecord => recordType.decode(bytes) as WandbRecord;

export const plainNumber = (value: Long | undefined): number =>
  typeof value === 'object' ? value.toNumber() : (value ?? 0);
