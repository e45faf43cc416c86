/** Verifies bytes against the checksums in the provider's headers. */
import { createHash } from "node:crypto"
import { Crc32 } from "./crc32.ts"

/** A checksum that the bytes must have, in base64. */
export interface Expected {
  /** The header with the checksum. */
  readonly header: string
  readonly algorithm: Algorithm
  readonly value: string
}

export type Algorithm = "sha-512" | "sha-256" | "md5" | "crc32c" | "crc32"

type Headers = Readonly<Record<string, string | undefined>>

/** The names of the algorithms in the headers that give several. */
const named: ReadonlyMap<string, Algorithm> = new Map([
  ["sha-512", "sha-512"],
  ["sha-256", "sha-256"],
  ["md5", "md5"],
  ["crc32c", "crc32c"]
])

const amazon: Readonly<Record<string, Algorithm>> = {
  "x-amz-checksum-sha256": "sha-256",
  "x-amz-checksum-crc32c": "crc32c",
  "x-amz-checksum-crc32": "crc32"
}

/**
 * The checksums of a whole file, from the headers of an answer. An answer with a part of it (206) may have checksums of
 * that part: only the headers about the whole file count. An `ETag` is not a checksum, whatever it looks like.
 */
export const expectedOf = (headers: Headers, isPart: boolean): ReadonlyArray<Expected> => {
  const isStoredCoded = (headers["x-goog-stored-content-encoding"] ?? "identity") !== "identity"
  return [
    ...members("repr-digest", headers),
    ...members("digest", headers),
    ...(isStoredCoded ? [] : members("x-goog-hash", headers)),
    ...(isPart ? [] : ofThisBody(headers))
  ].filter(({ value }) => value !== "")
}

const ofThisBody = (headers: Headers): ReadonlyArray<Expected> => [
  ...members("content-digest", headers),
  ...single("content-md5", "md5", headers),
  ...Object.entries(amazon).flatMap(([header, algorithm]) => single(header, algorithm, headers))
]

/** Base64, also between colons. A checksum of checksums (`...-3`) can't be verified here. */
const base64 = /^:?([A-Za-z0-9+/]+={0,2}):?$/

const single = (header: string, algorithm: Algorithm, headers: Headers): ReadonlyArray<Expected> => {
  const value = base64.exec(headers[header]?.trim() ?? "")?.[1]
  return value === undefined ? [] : [{ header, algorithm, value }]
}

const members = (header: string, headers: Headers): ReadonlyArray<Expected> =>
  (headers[header] ?? "").split(",").flatMap((member) => {
    const equals = member.indexOf("=")
    const algorithm = named.get(member.slice(0, Math.max(0, equals)).trim().toLowerCase())
    const value = base64.exec(member.slice(equals + 1).trim())?.[1]
    return algorithm === undefined || value === undefined ? [] : [{ header, algorithm, value }]
  })

interface Hash {
  readonly update: (bytes: Uint8Array) => void
  readonly digest: () => Uint8Array
}

const hashOf = (algorithm: Algorithm): Hash => {
  switch (algorithm) {
    case "crc32":
    case "crc32c":
      return new Crc32(algorithm)
    default: {
      const hash = createHash(algorithm.replace("-", ""))
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() }
    }
  }
}

/** Hashes the bytes of a file as they come, once for each algorithm. */
export class Checksums {
  readonly #expected: ReadonlyArray<Expected>
  readonly #hashes: ReadonlyMap<Algorithm, Hash>

  constructor(expected: ReadonlyArray<Expected>) {
    this.#expected = expected
    this.#hashes = new Map(expected.map(({ algorithm }) => [algorithm, hashOf(algorithm)]))
  }

  get isNeeded(): boolean {
    return this.#hashes.size > 0
  }

  update(bytes: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(bytes)
  }

  /** The first checksum that does not match. */
  mismatch(): Expected | undefined {
    const digests = new Map(Array.from(this.#hashes, ([algorithm, hash]) => [algorithm, hash.digest()] as const))
    return this.#expected.find(
      ({ algorithm, value }) => !Buffer.from(value, "base64").equals(digests.get(algorithm) ?? new Uint8Array(0))
    )
  }
}
