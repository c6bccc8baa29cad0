/** One row and where it stands, for messages: `line 12` of a text file, `row 12` of a parquet file, from 1. */
export interface Row {
  where: string;
  values: Readonly<Record<string, unknown>>;
}
