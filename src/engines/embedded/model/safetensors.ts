/** The safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { z } from 'zod';
import { InputError, reasonOf } from '../../../errors.js';
import { openFilesHint, openRegularFileSync } from '../../../runs/protocol/index.js';

const headerSchema = z.record(
  z.string(),
  z.union([
    z.object({
      dtype: z.string(),
      shape: z.array(z.int().min(0)),
      data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
    }),
    z.record(z.string(), z.string()),
  ]),
);

export interface TensorEntry {
  name: string;
  type: 'F32' | 'F16' | 'BF16';
  shape: number[];
  /** Byte position in the file. */
  start: number;
  size: number;
}

const bytesPerValue = { F32: 4, F16: 2, BF16: 2 } as const;
/** As in the reference implementation: a longer header is a broken or hostile file. */
const longestHeader = 100_000_000;
/** Tensors are converted in pieces of so many values, so that no second copy of a large one is held. */
const valuesPerPiece = 1 << 20;

function broken(path: string, what: string): InputError {
  return new InputError(`${path}: ${what}.`, 'The file is damaged or cut off: copy or save it again.');
}

function isSupported(type: string): type is TensorEntry['type'] {
  return type in bytesPerValue;
}

/** An open safetensors file; the header is checked, tensors are read on demand. */
export class SafetensorsFile {
  private constructor(
    readonly path: string,
    private readonly descriptor: number,
    readonly tensors: ReadonlyMap<string, TensorEntry>,
  ) {}

  /** @throws InputError when the file cannot be read or its header does not fit its length */
  static open(path: string): SafetensorsFile {
    let descriptor: number;
    try {
      ({ descriptor } = openRegularFileSync(path));
    } catch (error) {
      throw new InputError(
        `${path}: cannot be read (${reasonOf(error)}).`,
        openFilesHint(error) ?? 'Check the path and its permissions.',
      );
    }
    try {
      return new SafetensorsFile(path, descriptor, readHeader(path, descriptor));
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Reads one tensor as float32 into `target`, which must have its size. */
  readInto(name: string, target: Float32Array): void {
    const entry = this.tensors.get(name);
    if (!entry) throw new InputError(`${this.path}: there is no tensor ${name}.`, 'Use matching files.');
    if (target.length !== entry.size) throw new RangeError(`${name} has ${entry.size} values.`);
    const width = bytesPerValue[entry.type];
    for (let done = 0; done < entry.size; done += valuesPerPiece) {
      const count = Math.min(valuesPerPiece, entry.size - done);
      const bytes = readExactly(this.path, this.descriptor, entry.start + done * width, count * width);
      convert(bytes, entry.type, target.subarray(done, done + count));
    }
  }

  /** Reads a tensor of 16-bit numbers as the bits of float16; what is too small for it becomes 0, too large infinite. */
  readHalvesInto(name: string, target: Uint16Array): void {
    const entry = this.tensors.get(name);
    if (!entry || entry.type === 'F32') throw new RangeError(`${name} has no 16-bit numbers.`);
    if (target.length !== entry.size) throw new RangeError(`${name} has ${entry.size} values.`);
    for (let done = 0; done < entry.size; done += valuesPerPiece) {
      const count = Math.min(valuesPerPiece, entry.size - done);
      const bytes = readExactly(this.path, this.descriptor, entry.start + done * 2, count * 2);
      const halves = new Uint16Array(bytes.buffer);
      if (entry.type === 'BF16') {
        const table = halvesOfBfloats();
        for (let index = 0; index < count; index++) halves[index] = table[halves[index]!]!;
      }
      target.set(halves, done);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function readExactly(path: string, descriptor: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = readSync(descriptor, bytes, done, length - done, position + done);
    if (read === 0) throw broken(path, `ends at byte ${position + done}, ${length - done} bytes too early`);
    done += read;
  }
  return bytes;
}

function readHeader(path: string, descriptor: number): Map<string, TensorEntry> {
  const fileSize = fstatSync(descriptor).size;
  if (fileSize < 8) throw broken(path, `has ${fileSize} bytes, too few for a header`);
  const length = Number(new DataView(readExactly(path, descriptor, 0, 8).buffer).getBigUint64(0, true));
  if (length > longestHeader || length + 8 > fileSize)
    throw broken(path, 'has a header longer than the file');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(readExactly(path, descriptor, 8, length)));
  } catch (error) {
    throw broken(path, `has a header that is not JSON (${reasonOf(error)})`);
  }
  const header = headerSchema.safeParse(json);
  if (!header.success) throw broken(path, 'has a header that does not describe tensors');
  const dataStart = 8 + length;
  const tensors = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(header.data)) {
    if (name === '__metadata__' || !('data_offsets' in value) || typeof value.data_offsets === 'string')
      continue;
    const {
      dtype,
      shape,
      data_offsets: offsets,
    } = value as {
      dtype: string;
      shape: number[];
      data_offsets: [number, number];
    };
    if (!isSupported(dtype)) {
      throw new InputError(
        `${path}: ${name} is stored as ${dtype}; F32, BF16 and F16 are supported.`,
        'Save the policy in one of these types.',
      );
    }
    const size = shape.reduce((product, axis) => product * axis, 1);
    const fits =
      offsets[1] - offsets[0] === size * bytesPerValue[dtype] && dataStart + offsets[1] <= fileSize;
    if (!fits) throw broken(path, `gives ${name} offsets that do not fit its shape or the file`);
    tensors.set(name, { name, type: dtype, shape, start: dataStart + offsets[0], size });
  }
  return tensors;
}

function convert(bytes: Uint8Array, type: TensorEntry['type'], target: Float32Array): void {
  if (type === 'F32') {
    target.set(new Float32Array(bytes.buffer));
    return;
  }
  const halves = new Uint16Array(bytes.buffer);
  if (type === 'BF16') {
    // bfloat16 is the upper half of a float32.
    const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
    for (let index = 0; index < halves.length; index++) bits[index] = halves[index]! << 16;
    return;
  }
  for (let index = 0; index < halves.length; index++) target[index] = halfToNumber(halves[index]!);
}

/** The float16 nearest to each bfloat16. */
let bfloatTable: Uint16Array | undefined;

function halvesOfBfloats(): Uint16Array {
  if (bfloatTable) return bfloatTable;
  const table = new Uint16Array(2 ** 16);
  const bits = new Uint32Array(1);
  const number = new Float32Array(bits.buffer);
  for (let index = 0; index < table.length; index++) {
    bits[0] = index << 16;
    table[index] = numberToHalf(number[0]!);
  }
  bfloatTable = table;
  return table;
}

/** Rounds to nearest, ties to even. */
function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65_520) return sign | 0x7c00;
  // The distance of two float16 around the value.
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = size / 2 ** (exponent - 10);
  const down = Math.floor(steps);
  const rest = steps - down;
  const rounded = rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
  // Of normal numbers the leading 1 is not written; a carry raises the exponent by itself.
  return sign | (exponent === -14 ? rounded : ((exponent + 14) << 10) + rounded);
}

export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bytes of a safetensors file with float32 tensors, in the given order. */
export function encodeSafetensors(
  tensors: readonly { name: string; shape: readonly number[]; data: Float32Array }[],
): Uint8Array {
  let position = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [position, position + data.byteLength] };
    position += data.byteLength;
  }
  const text = JSON.stringify(header);
  // The data starts at a multiple of 8, as readers that map the file expect.
  const padded = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = new Uint8Array(8 + padded.length + position);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded.length), true);
  bytes.set(padded, 8);
  let offset = 8 + padded.length;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}
