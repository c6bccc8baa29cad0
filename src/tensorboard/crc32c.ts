/** The checksum of TFRecord files: CRC-32C (Castagnoli), masked so that a checksum of data with checksums differs. */

const reversedPolynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ reversedPolynomial : value >>> 1;
  return value;
});

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let place = 0; place < bytes.length; place++) crc = table[(crc ^ bytes[place]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** An unsigned 32-bit number. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
