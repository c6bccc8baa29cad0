/** What is inside a packaged extension. */
import { openPromise } from 'yauzl';

/**
 * @param {string} file A VSIX, which is a zip file.
 * @returns {Promise<{ path: string, packed: number, unpacked: number }[]>} Its files, sizes in bytes.
 */
export async function vsixEntries(file) {
  const zip = await openPromise(file, { lazyEntries: true });
  const entries = [];
  for await (const entry of zip.eachEntry()) {
    entries.push({
      path: entry.fileName,
      packed: entry.compressedSize,
      unpacked: entry.uncompressedSize,
    });
  }
  return entries;
}
