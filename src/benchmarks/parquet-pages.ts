/**
 * Checks the pages of a parquet file before they are decoded: the decoder trusts the counts and lengths in them, and
 * those of a damaged file make it loop, or fill the memory.
 */
import type { AsyncBuffer, ColumnMetaData, DataReader, PageHeader, RowGroup, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { compressors } from 'hyparquet-compressors';

/** A run may go past the last value: bit-packed ones hold multiples of 8. */
const padding = 512;
/** Bytes of a page that are no sign of damage, whatever the column says of itself. */
const usualPage = 64 * 2 ** 20;
/** Values in a block of deltas; 128 is usual. */
const maxDeltaBlock = 2 ** 20;

/** @throws Error when the pages of one of the columns are not what the metadata says */
export async function checkPages(
  file: AsyncBuffer,
  { columns, num_rows: rows }: RowGroup,
  schema: SchemaTree,
  chosen: readonly string[],
): Promise<void> {
  for (const { meta_data: column } of columns) {
    if (column === undefined || !chosen.includes(column.path_in_schema[0] ?? '')) continue;
    const levels = levelsOf(getTreePath(schema, column.path_in_schema));
    if (levels.repetition === 0) demand(column.num_values === rows, 'a column has not one value per row');
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const end = start + Number(column.total_compressed_size);
    demand(start >= 0 && end > start && end <= file.byteLength, 'a column lies outside the file');
    checkColumn(new DataView(await file.slice(start, end)), column, levels);
  }
}

interface Levels {
  definition: number;
  repetition: number;
}

const levelsOf = (path: SchemaTree[]): Levels => ({
  definition: getMaxDefinitionLevel(path),
  repetition: getMaxRepetitionLevel(path),
});

function checkColumn(view: DataView<ArrayBuffer>, column: ColumnMetaData, levels: Levels): void {
  const reader = { view, offset: 0 };
  let left = Number(column.num_values);
  const nested = levels.repetition > 0 || levels.definition > 1;
  // The decoder reads nested columns to the end of their bytes, others until it has every row.
  while (left > 0 || (nested && reader.offset < view.byteLength - 1)) {
    const header = parquetHeader(reader);
    const { compressed_page_size: size, uncompressed_page_size: whole } = header;
    demand(isCount(size, view.byteLength - reader.offset), 'a page does not end in its column');
    demand(
      isCount(whole, Math.max(Number(column.total_uncompressed_size), usualPage)),
      'a page is larger than its column',
    );
    const bytes = new Uint8Array(view.buffer, view.byteOffset + reader.offset, size);
    reader.offset += size;
    if (header.type === 'DICTIONARY_PAGE') {
      demand(
        isCount(header.dictionary_page_header?.num_values, whole),
        'a dictionary is longer than its page',
      );
      continue;
    }
    const { num_values: values } = header.data_page_header ?? header.data_page_header_v2 ?? {};
    demand(isCount(values, left), 'a page has other values than its column');
    left -= values;
    if (header.data_page_header_v2 === undefined) checkPage(bytes, header, column, levels);
    else checkPageV2(bytes, header, header.data_page_header_v2, column, levels);
  }
}

function checkPage(bytes: Uint8Array, header: PageHeader, column: ColumnMetaData, levels: Levels): void {
  const { num_values: values, encoding } = header.data_page_header!;
  const page = decompressPage(bytes, header.uncompressed_page_size, column.codec, compressors);
  const reader = readerOf(page);
  if (levels.repetition > 0) reader.offset = checkRuns(reader, bitsOf(levels.repetition), values);
  const defined = levels.definition > 0 ? definedValues(reader, levels.definition, values) : values;
  checkValues(reader, encoding, defined);
}

function checkPageV2(
  bytes: Uint8Array,
  header: PageHeader,
  page: NonNullable<PageHeader['data_page_header_v2']>,
  column: ColumnMetaData,
  levels: Levels,
): void {
  const { num_values: values, num_nulls: nulls, num_rows: rows } = page;
  const repetition = page.repetition_levels_byte_length;
  const definition = page.definition_levels_byte_length;
  demand(isCount(nulls, values) && isCount(rows, values), 'a page has more rows than values');
  demand(
    isCount(repetition, bytes.length) && isCount(definition, bytes.length - repetition),
    'a page ends within its levels',
  );
  const reader = readerOf(bytes);
  if (levels.repetition > 0) checkRuns(reader, bitsOf(levels.repetition), values, repetition);
  reader.offset = repetition;
  if (levels.definition > 0) checkRuns(reader, bitsOf(levels.definition), values, definition);
  const rest = bytes.subarray(repetition + definition);
  const whole = header.uncompressed_page_size - repetition - definition;
  const content =
    page.is_compressed === false ? rest : decompressPage(rest, whole, column.codec, compressors);
  checkValues(readerOf(content), page.encoding, values - nulls);
}

function checkValues(reader: DataReader, encoding: string, count: number): void {
  if (count === 0) return;
  if (encoding === 'RLE') checkRuns(reader, 1, count);
  else if (encoding.endsWith('_DICTIONARY')) {
    const width = reader.view.getUint8(reader.offset++);
    demand(width <= 32, 'an index of a dictionary has too many bits');
    if (width > 0) checkRuns(reader, width, count, reader.view.byteLength - reader.offset);
  } else if (encoding.startsWith('DELTA_')) {
    checkDeltas(reader);
    // Lengths of prefixes, then lengths of suffixes.
    if (encoding !== 'DELTA_BYTE_ARRAY') return;
    const prefixes = new Int32Array(count);
    deltaBinaryUnpack(reader, count, prefixes);
    const most = reader.view.byteLength;
    demand(
      prefixes.every((length) => isCount(length, most)),
      'a value shares more with the one before than there is',
    );
    checkDeltas(reader);
  }
}

/** How many of the values are there. Leaves the reader behind the levels. */
function definedValues(reader: DataReader, level: number, count: number): number {
  checkRuns(reader, bitsOf(level), count);
  const levels = new Array<number>(count);
  readRleBitPackedHybrid(reader, bitsOf(level), levels);
  return levels.filter((value) => value === level).length;
}

/**
 * Runs of equal and of bit-packed values: none may be longer than the values that are left.
 *
 * @param length bytes of the runs; without it their number stands before them
 * @returns where they end
 */
function checkRuns(reader: DataReader, width: number, count: number, length?: number): number {
  const { view } = reader;
  let { offset } = reader;
  const size = length ?? view.getUint32(offset, true);
  if (length === undefined) offset += 4;
  const end = offset + size;
  demand(end <= view.byteLength, 'a page ends within its levels');
  const runs = { view, offset };
  for (let seen = 0; seen < count; ) {
    demand(runs.offset < end, 'a page has too few values');
    const header = readVarInt(runs) >>> 0;
    const packed = (header & 1) === 1;
    const values = packed ? (header >>> 1) * 8 : header >>> 1;
    demand(values > 0 && values <= count - seen + padding, 'a run is longer than its page');
    runs.offset += packed ? Math.ceil((values * width) / 8) : Math.ceil(width / 8);
    seen += values;
  }
  return end;
}

function checkDeltas({ view, offset }: DataReader): void {
  const reader = { view, offset };
  const block = readVarInt(reader);
  const parts = readVarInt(reader);
  demand(isCount(block, maxDeltaBlock) && block > 0, 'a block of deltas has no size');
  demand(isCount(parts, block) && parts > 0 && block % parts === 0, 'a block of deltas has no parts');
}

const readerOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataReader => ({
  view: new DataView(buffer as ArrayBuffer, byteOffset, byteLength),
  offset: 0,
});

/** Bits that hold the numbers up to this one. */
const bitsOf = (most: number): number => 32 - Math.clz32(most);

const isCount = (value: number | undefined, most: number): value is number =>
  value !== undefined && Number.isInteger(value) && value >= 0 && value <= most;

function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(`damaged: ${otherwise}`);
}
