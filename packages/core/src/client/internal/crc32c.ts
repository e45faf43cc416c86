/** CRC-32C (Castagnoli), as Google and Amazon give it: RFC 3720, appendix B.4. */

/** The polynomial 0x1EDC6F41 with its bits reversed. */
const polynomial = 0x82f63b78

const entryOf = (index: number): number => {
  let entry = index
  for (let bit = 0; bit < 8; bit += 1) entry = (entry & 1) === 1 ? (entry >>> 1) ^ polynomial : entry >>> 1
  return entry >>> 0
}

const table = Uint32Array.from({ length: 256 }, (_, index) => entryOf(index))

export class Crc32c {
  #value = 0xffffffff

  update(bytes: Uint8Array): void {
    let value = this.#value
    for (const byte of bytes) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
    this.#value = value
  }

  /** Four bytes, the most significant first. */
  digest(): Uint8Array {
    const value = (this.#value ^ 0xffffffff) >>> 0
    return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
  }
}
