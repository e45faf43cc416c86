/**
 * The two forms of an ECDSA signature: r and s one after the other, as tokens have it, and as a DER sequence, as OpenSSL
 * has it.
 */

const [sequence, integer, longForm] = [0x30, 0x02, 0x81]

export const toDer = (signature: Uint8Array): Buffer => {
  const half = signature.byteLength / 2
  const r = trimmed(signature.subarray(0, half))
  const s = trimmed(signature.subarray(half))
  const length = r.byteLength + s.byteLength + signBit(r) + signBit(s) + 4
  const start = length > 127 ? 3 : 2
  const der = Buffer.alloc(start + length)
  der[0] = sequence
  if (length > 127) der[1] = longForm
  der[start - 1] = length
  writeInteger(der, s, writeInteger(der, r, start))
  return der
}

export const fromDer = (der: Uint8Array, size: number): Buffer => {
  const signature = Buffer.alloc(size)
  const start = der[1] === longForm ? 3 : 2
  readInteger(der, readInteger(der, start, signature.subarray(0, size / 2)), signature.subarray(size / 2))
  return signature
}

/** Without zeros in front; of zero itself one is left. */
const trimmed = (number: Uint8Array): Uint8Array => {
  let start = 0
  while (start < number.byteLength - 1 && number[start] === 0) start++
  return number.subarray(start)
}

/** A number whose first bit is set would be a negative one. */
const signBit = (number: Uint8Array): 0 | 1 => ((number[0] ?? 0) >= 0x80 ? 1 : 0)

const writeInteger = (der: Buffer, number: Uint8Array, at: number): number => {
  const length = number.byteLength + signBit(number)
  der[at] = integer
  der[at + 1] = length
  der.set(number, at + 2 + signBit(number))
  return at + 2 + length
}

const readInteger = (der: Uint8Array, at: number, into: Uint8Array): number => {
  const end = at + 2 + (der[at + 1] ?? 0)
  const number = trimmed(der.subarray(at + 2, end))
  into.set(number, into.byteLength - number.byteLength)
  return end
}
