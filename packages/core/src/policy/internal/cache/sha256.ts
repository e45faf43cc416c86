/*
 * SHA-256 as a plain function: the stores and the keys need a digest at once, in a browser as in Node, and the Web
 * Crypto API only has one that must be waited for.
 */

/** The fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64. */
const firstPrimes = (count: number): ReadonlyArray<number> => {
  const primes: Array<number> = []
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  }
  return primes
}

const fraction = (root: number): number => Math.floor((root % 1) * 2 ** 32)

const initial = Int32Array.from(firstPrimes(8), (prime) => fraction(Math.sqrt(prime)))
const constants = Int32Array.from(firstPrimes(64), (prime) => fraction(Math.cbrt(prime)))

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits))

/** The message, a one bit, zeros, and the length in bits in the last 8 bytes of a whole number of 64-byte blocks. */
const pad = (message: Uint8Array): DataView => {
  const view = new DataView(new ArrayBuffer((((message.byteLength + 8) >> 6) + 1) << 6))
  new Uint8Array(view.buffer).set(message)
  view.setUint8(message.byteLength, 0x80)
  view.setUint32(view.byteLength - 8, Math.floor(message.byteLength / 2 ** 29))
  view.setUint32(view.byteLength - 4, message.byteLength << 3)
  return view
}

const expand = (schedule: Int32Array, block: DataView, offset: number): void => {
  for (let index = 0; index < 16; index += 1) schedule[index] = block.getInt32(offset + index * 4)
  for (let index = 16; index < 64; index += 1) {
    const early = schedule[index - 15] ?? 0
    const late = schedule[index - 2] ?? 0
    const low = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const high = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    schedule[index] = (schedule[index - 16] ?? 0) + low + (schedule[index - 7] ?? 0) + high
  }
}

const compress = (state: Int32Array, schedule: Int32Array): void => {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let index = 0; index < 64; index += 1) {
    const choice = (e & f) ^ (~e & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const first = (h + high + choice + (constants[index] ?? 0) + (schedule[index] ?? 0)) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + low + majority) | 0
  }
  const mixed = [a, b, c, d, e, f, g, h]
  for (let index = 0; index < 8; index += 1) state[index] = (state[index] ?? 0) + (mixed[index] ?? 0)
}

/** The SHA-256 digest of bytes, or of a text's UTF-8 bytes, in hexadecimal. */
export const sha256 = (message: string | Uint8Array): string => {
  const padded = pad(typeof message === "string" ? new TextEncoder().encode(message) : message)
  const state = initial.slice()
  const schedule = new Int32Array(64)
  for (let offset = 0; offset < padded.byteLength; offset += 64) {
    expand(schedule, padded, offset)
    compress(state, schedule)
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("")
}
