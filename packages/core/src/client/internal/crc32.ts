/** CRC-32 (ISO-HDLC) and CRC-32C (Castagnoli, RFC 3720, appendix B.4), as object stores give them. */

/** The polynomials, with their bits reversed. */
const polynomials = { crc32: 0xedb88320, crc32c: 0x82f63b78 } as const

const entryOf = (polynomial: number, index: number): number => {
  let entry = index
  for (let bit = 0; bit < 8; bit += 1) entry = (entry & 1) === 1 ? (entry >>> 1) ^ polynomial : entry >>> 1
  return entry >>> 0
}

const tableOf = (polynomial: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, index) => entryOf(polynomial, index))

const tables = { crc32: tableOf(polynomials.crc32), crc32c: tableOf(polynomials.crc32c) } as const

export class Crc32 {
  readonly #table: Uint32Array
  #value = 0xffffffff

  constructor(algorithm: keyof typeof tables) {
    this.#table = tables[algorithm]
  }

  update(bytes: Uint8Array): void {
    let value = this.#value
    for (const byte of bytes) value = (this.#table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
    this.#value = value
  }

  /** Four bytes, the most significant first. */
  digest(): Uint8Array {
    const value = (this.#value ^ 0xffffffff) >>> 0
    return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
  }
}
