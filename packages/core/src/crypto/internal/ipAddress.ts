/** Parses IP addresses in every form that a resolver or `inet_aton` accepts. */

/** An address as a number of 32 or of 128 bits. */
export interface IpAddress {
  readonly family: 4 | 6
  readonly value: bigint
}

/** The longest text that can be an address: an IPv6 address with an embedded IPv4 address and a zone. */
const longest = 128

/** The address that a text means; undefined for a host name, and for anything else. */
export const parse = (text: string): IpAddress | undefined => {
  if (text === "" || text.length > longest) return undefined
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text
  const value = bare.includes(":") ? ipv6(withoutZone(bare)) : ipv4(bare.endsWith(".") ? bare.slice(0, -1) : bare)
  return value === undefined ? undefined : { family: bare.includes(":") ? 6 : 4, value }
}

/** A zone (`%eth0`) names an interface of this machine, and not another address. */
const withoutZone = (text: string): string => text.split("%", 1)[0] ?? ""

/**
 * One to four parts, each decimal, octal (`0177`) or hexadecimal (`0x7f`); the last one fills the remaining bytes.
 *
 * @see https://url.spec.whatwg.org/#concept-ipv4-parser
 */
const ipv4 = (text: string): bigint | undefined => {
  const parts = text.split(".").map(number)
  const last = parts.pop()
  if (last === undefined || parts.length > 3 || last >= 1n << BigInt(8 * (4 - parts.length))) return undefined
  let value = last
  for (const [index, part] of parts.entries()) {
    if (part === undefined || part > 255n) return undefined
    value += part << BigInt(8 * (3 - index))
  }
  return value
}

const number = (text: string): bigint | undefined => {
  if (/^0x[0-9a-f]{0,16}$/i.test(text)) return BigInt(text.length === 2 ? 0 : text)
  if (/^0[0-7]{1,16}$/.test(text)) return BigInt(`0o${text.slice(1)}`)
  return /^(?:0|[1-9]\d{0,15})$/.test(text) ? BigInt(text) : undefined
}

/** Eight groups, with at most one `::`, and possibly an IPv4 address in place of the last two. */
const ipv6 = (text: string): bigint | undefined => {
  const halves = text.split("::").map(groups)
  const [before, after] = halves
  if (before === undefined || halves.length > 2) return undefined
  if (halves.length === 1) return before.length === 8 ? joined(before) : undefined
  if (after === undefined || before.length + after.length > 7) return undefined
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0n)
  return joined([...before, ...zeros, ...after])
}

const groups = (half: string): ReadonlyArray<bigint> | undefined => {
  if (half === "") return []
  const parts = half.split(":")
  const last = parts.at(-1) ?? ""
  const embedded = last.includes(".") ? dotted(last) : undefined
  if (last.includes(".") && embedded === undefined) return undefined
  const hex = embedded === undefined ? parts : parts.slice(0, -1)
  if (!hex.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined
  const values = hex.map((part) => BigInt(`0x${part}`))
  return embedded === undefined ? values : [...values, embedded >> 16n, embedded & 0xffffn]
}

/** Inside of an IPv6 address, IPv4 has one form. */
const dotted = (text: string): bigint | undefined => (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) ? ipv4(text) : undefined)

const joined = (parts: ReadonlyArray<bigint>): bigint => parts.reduce((value, part) => (value << 16n) + part, 0n)
