export interface VsixEntry {
  path: string;
  /** Bytes. */
  packed: number;
  unpacked: number;
}
export function vsixEntries(file: string): Promise<VsixEntry[]>;
