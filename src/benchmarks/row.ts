/** One row and where it stands, for messages: `line 12` of a text file, `row 12` of a parquet file, from 1. */
export interface Row {
  where: string;
  values: Readonly<Record<string, unknown>>;
}

/** The fields of a row as JSON has them: large integers as text when a number would be another one, bytes left out. */
export function plainFields({ values }: Row): Record<string, unknown> {
  const text = JSON.stringify(values, (_, value: unknown) => {
    if (typeof value === 'bigint') {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    return ArrayBuffer.isView(value) ? undefined : value;
  });
  return JSON.parse(text) as Record<string, unknown>;
}
