/** TFRecord: length, checksum of the length, data, checksum of the data; all little-endian. */
import { maskedCrc32c } from './crc32c.js';

const headerBytes = 12;
const checksumBytes = 4;
/** A longer record is damage: TensorBoard's own writers split nothing, and the largest are images. */
const mostBytes = 1024 * 2 ** 20;

/** Bytes of a record as they stand in a file. */
export function frame(data: Uint8Array): Buffer {
  const record = Buffer.alloc(headerBytes + data.length + checksumBytes);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, headerBytes);
  record.writeUInt32LE(maskedCrc32c(data), headerBytes + data.length);
  return record;
}

/** `whole` is the end of the last whole record. */
export interface Frames {
  whole: number;
  /** Place of a record whose checksum is wrong, where reading stopped; null when none is. */
  damaged: number | null;
}

/**
 * The whole records at the start of some bytes, in order. What is cut off at the end is left for later.
 * @param take gets the data of each as a view
 */
export function readFrames(bytes: Buffer, take: (data: Buffer, place: number) => void): Frames {
  let place = 0;
  while (bytes.length - place >= headerBytes) {
    const isLength = maskedCrc32c(bytes.subarray(place, place + 8)) === bytes.readUInt32LE(place + 8);
    const length = Number(bytes.readBigUInt64LE(place));
    if (!isLength || length > mostBytes) return { whole: place, damaged: place };
    const start = place + headerBytes;
    const end = start + length;
    if (end + checksumBytes > bytes.length) break;
    const data = bytes.subarray(start, end);
    if (maskedCrc32c(data) !== bytes.readUInt32LE(end)) return { whole: place, damaged: place };
    take(data, place);
    place = end + checksumBytes;
  }
  return { whole: place, damaged: null };
}
