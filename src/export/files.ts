/** Records into files: CSV and parquet, portion by portion, beside and renamed. */
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { makeFolder, runFileError } from '../runs/protocol/index.js';
import { type ColumnType, type ExportedRecords, type RecordSource, recordsOf } from './run-records.js';
import { type Cell, csvRows } from './table.js';

export const exportFormats = ['csv', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportedFile {
  file: string;
  rows: number;
}

export interface ExportOptions {
  /** Folders of runs. */
  runs: readonly string[];
  records: ExportedRecords;
  format: ExportFormat;
  /** Its folder is made when it is missing. */
  file: string;
}

/** Writes the records of all runs together into one file. An older file is replaced. @throws {RunFileError} */
export async function exportRecords({ runs, records, format, ...to }: ExportOptions): Promise<ExportedFile> {
  const file = resolve(to.file);
  const source = await recordsOf(runs, records);
  makeFolder(dirname(file));
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    const rows = await (format === 'csv' ? writeCsv(source, beside) : writeParquet(source, beside));
    renameSync(beside, file);
    return { file, rows };
  } catch (error) {
    rmSync(beside, { force: true });
    throw runFileError(error, 'written', file);
  }
}

async function writeCsv({ columns, portions }: RecordSource, file: string): Promise<number> {
  let count = 0;
  writeFileSync(file, csvRows([columns.map(({ name }) => name)]));
  for await (const rows of portions()) {
    if (rows.length > 0) appendFileSync(file, csvRows(rows));
    count += rows.length;
  }
  return count;
}

const parquetTypes: Record<ColumnType, 'STRING' | 'DOUBLE' | 'INT32'> = {
  text: 'STRING',
  number: 'DOUBLE',
  integer: 'INT32',
};

/** A row group has about this many rows: few enough for memory, enough for dictionaries to pay. */
const rowsPerGroup = 50_000;

async function writeParquet({ columns, portions }: RecordSource, file: string): Promise<number> {
  const dataOf = (rows: readonly Cell[][]) =>
    columns.map(({ name, type }, column) => ({
      name,
      data: rows.map((row) => row[column] ?? null),
      type: parquetTypes[type],
      nullable: true,
    }));
  const schema = schemaFromColumnData({ columnData: dataOf([]) });
  const writer = new ParquetWriter({ writer: fileWriter(file), schema });
  let held: Cell[][] = [];
  let count = 0;
  const flush = async () => {
    if (held.length > 0) await writer.write({ columnData: dataOf(held) });
    held = [];
  };
  for await (const rows of portions()) {
    for (const row of rows) held.push(row);
    count += rows.length;
    if (held.length >= rowsPerGroup) await flush();
  }
  await flush();
  await writer.finish();
  return count;
}
