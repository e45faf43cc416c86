/*
 * Bodies in chunks, each signed on top of the one before, or followed by a checksum.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { Stream } from "effect"
import { createHash, type Hash, type KeyObject } from "node:crypto"
import { hashOfNothing, hmac, type Scope, sha256 } from "./scope.ts"

type Bytes = Stream.Stream<Uint8Array, unknown>

/** All chunks but the last have this many bytes. S3 wants at least 8 KiB. */
const chunkBytes = 65_536

const encoder = new TextEncoder()

/** Signs chunk after chunk; the signature of the request is the first link of the chain. */
export const signedChunks = (body: Bytes, scope: Scope, key: KeyObject, seed: string): Bytes =>
  Stream.concat(evenly(body), Stream.make(new Uint8Array())).pipe(
    Stream.mapAccum(
      () => seed,
      (before, chunk) => {
        const signature = hmac(key, chunkToSign(scope, before, chunk))
        return [signature, [framed(`${hex(chunk.length)};chunk-signature=${signature}`, chunk)]]
      }
    )
  )

const chunkToSign = (scope: Scope, before: string, chunk: Uint8Array): string =>
  `AWS4-HMAC-SHA256-PAYLOAD\n${scope.time}\n${scope.text}\n${before}\n${hashOfNothing}\n${sha256(chunk)}`

/** Chunks without signatures, and a checksum of all of them behind the last. */
export const chunksWithTrailer = (body: Bytes): Bytes =>
  Stream.suspend(() => {
    const checksum = createHash("sha256")
    const chunks = Stream.map(evenly(body), (chunk) => {
      checksum.update(chunk)
      return framed(hex(chunk.length), chunk)
    })
    return Stream.concat(
      chunks,
      Stream.suspend(() => Stream.make(trailer(checksum)))
    )
  })

/** The header that the trailer has, and says in advance that it will have. */
export const trailerName = "x-amz-checksum-sha256"

const trailer = (checksum: Hash): Uint8Array =>
  encoder.encode(`0\r\n${trailerName}:${checksum.digest("base64")}\r\n\r\n`)

/** How long the body is once it is in signed chunks. */
export const signedLength = (bytes: number): number => lengthWith(bytes, ";chunk-signature=".length + 64) + 2

/** How long the body is once it is in chunks with a trailer. */
export const trailedLength = (bytes: number): number =>
  lengthWith(bytes, 0) + `${trailerName}:${"A".repeat(44)}\r\n\r\n`.length

/** Each chunk has its size in hexadecimal, what follows the size, and two line breaks; so has the last, empty one. */
const lengthWith = (bytes: number, extension: number): number => {
  const whole = Math.floor(bytes / chunkBytes)
  const rest = bytes % chunkBytes
  const frame = (size: number) => hex(size).length + extension + 4
  return bytes + whole * frame(chunkBytes) + (rest === 0 ? 0 : frame(rest)) + frame(0) - 2
}

const hex = (size: number): string => size.toString(16)

const framed = (head: string, chunk: Uint8Array): Uint8Array => {
  const out = new Uint8Array(head.length + chunk.length + 4)
  encoder.encodeInto(`${head}\r\n`, out)
  out.set(chunk, head.length + 2)
  out.set([13, 10], out.length - 2)
  return out
}

/** What has come and is no whole chunk yet. */
interface Pending {
  readonly parts: ReadonlyArray<Uint8Array>
  readonly bytes: number
}

const nothing: Pending = { parts: [], bytes: 0 }

const evenly = (body: Bytes): Bytes =>
  Stream.mapAccum(body, () => nothing, cut, {
    onHalt: ({ bytes, parts }) => (bytes === 0 ? [] : [together(parts, bytes)])
  })

const cut = (pending: Pending, next: Uint8Array): readonly [Pending, ReadonlyArray<Uint8Array>] => {
  const bytes = pending.bytes + next.length
  const parts = [...pending.parts, next]
  if (bytes < chunkBytes) return [{ parts, bytes }, []]
  const all = together(parts, bytes)
  const whole = Math.floor(bytes / chunkBytes)
  const chunks = Array.from({ length: whole }, (_, index) => all.subarray(index * chunkBytes, (index + 1) * chunkBytes))
  const rest = all.subarray(whole * chunkBytes)
  return [rest.length === 0 ? nothing : { parts: [rest], bytes: rest.length }, chunks]
}

const together = (parts: ReadonlyArray<Uint8Array>, bytes: number): Uint8Array => {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const out = new Uint8Array(bytes)
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}
