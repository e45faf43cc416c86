/** The address ranges and host names that no public server has. */
import { type IpAddress, parse } from "./ipAddress.ts"

/** What an address is for, if it is not one of the public internet. */
export type Kind =
  | "benchmarking"
  | "cloud platform"
  | "documentation"
  | "link-local"
  | "local name"
  | "loopback"
  | "multicast"
  | "private"
  | "reserved"
  | "shared"
  | "transition"
  | "unspecified"

interface Range {
  readonly first: bigint
  /** The bits behind the prefix. */
  readonly bits: bigint
  readonly kind: Kind
}

const range = ([network, kind]: readonly [string, Kind]): Range => {
  const [address = "", length = ""] = network.split("/")
  const parsed = parse(address)
  if (parsed === undefined) throw new Error(`not a network: ${network}`)
  const bits = BigInt((parsed.family === 4 ? 32 : 128) - Number(length))
  return { first: parsed.value >> bits, bits, kind }
}

/**
 * The blocks of the registry that are not globally reachable, with multicast. Inside of 192.0.0.0/24 a few addresses are
 * reachable, but they belong to protocols, not to servers.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const ipv4Ranges = (
  [
    ["0.0.0.0/8", "unspecified"],
    ["10.0.0.0/8", "private"],
    ["100.64.0.0/10", "shared"],
    ["127.0.0.0/8", "loopback"],
    // The platform of Azure serves every virtual machine at this address, which lies in a public range.
    ["168.63.129.16/32", "cloud platform"],
    ["169.254.0.0/16", "link-local"],
    ["172.16.0.0/12", "private"],
    ["192.0.0.0/24", "reserved"],
    ["192.0.2.0/24", "documentation"],
    ["192.88.99.0/24", "transition"],
    ["192.168.0.0/16", "private"],
    ["198.18.0.0/15", "benchmarking"],
    ["198.51.100.0/24", "documentation"],
    ["203.0.113.0/24", "documentation"],
    ["224.0.0.0/4", "multicast"],
    ["240.0.0.0/4", "reserved"]
  ] as const
).map(range)

/**
 * Outside of 2000::/3 nothing is a public server; these are named for the error. Inside, the registry excepts the blocks
 * below.
 *
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const ipv6Ranges = (
  [
    ["::/128", "unspecified"],
    ["::1/128", "loopback"],
    ["fc00::/7", "private"],
    // Site-local addresses, which fc00::/7 has replaced (RFC 3879).
    ["fec0::/10", "private"],
    ["fe80::/10", "link-local"],
    ["ff00::/8", "multicast"],
    // Protocol assignments, with Teredo (2001::/32), benchmarking (2001:2::/48) and ORCHID.
    ["2001::/23", "reserved"],
    ["2001:db8::/32", "documentation"],
    ["3fff::/20", "documentation"],
    // 6to4 carries any IPv4 address, private ones included.
    ["2002::/16", "transition"],
    // The former 6bone.
    ["3ffe::/16", "reserved"]
  ] as const
).map(range)

/** IPv6 addresses by which an IPv4 host is reached, that is judged by its own address: mapped, and NAT64 (RFC 6052). */
const carriers = (
  [
    ["::ffff:0:0/96", "transition"],
    ["64:ff9b::/96", "transition"]
  ] as const
).map(range)

const globalUnicast = range(["2000::/3", "reserved"])

const includes = ({ bits, first }: Range, value: bigint): boolean => value >> bits === first

/** What an address is for; undefined for a public one. */
export const kindOfAddress = ({ family, value }: IpAddress): Kind | undefined => {
  if (family === 4) return ipv4Ranges.find((one) => includes(one, value))?.kind
  if (carriers.some((one) => includes(one, value))) return kindOfAddress({ family: 4, value: value & 0xffff_ffffn })
  const listed = ipv6Ranges.find((one) => includes(one, value))?.kind
  return listed ?? (includes(globalUnicast, value) ? undefined : "reserved")
}

/**
 * Endings of host names that belong to this machine or to a local network: RFC 6761, RFC 6762 with its appendix G, RFC 8375,
 * and `internal`, which ICANN has reserved for private use.
 */
const localEndings: ReadonlySet<string> = new Set([
  "corp",
  "home",
  "internal",
  "intranet",
  "lan",
  "local",
  "localdomain",
  "localhost",
  "private"
])

/** What a host name is for; undefined for one that only a resolver can judge. */
export const kindOfName = (host: string): Kind | undefined => {
  const labels = host.toLowerCase().replace(/\.$/, "").split(".")
  const [last = "", before] = labels.toReversed()
  if (last === "localhost") return "loopback"
  // A name of one label is looked up in the local network: there are no servers at the names of top-level domains.
  if (before === undefined || localEndings.has(last)) return "local name"
  return last === "arpa" && before === "home" ? "local name" : undefined
}
