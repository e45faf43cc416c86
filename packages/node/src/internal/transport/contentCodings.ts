/** The content codings of HTTP: which ones a response has, and how its body is decoded, at once or as a stream. */
import type * as Stream from "effect/Stream"
import * as zlib from "node:zlib"
import * as decompressor from "./decompressor.ts"
import type { Coding } from "./decompressor.ts"
import type { BodyFailure } from "./Failure.ts"
import type { Head, RawHeaders } from "./ResponseBody.ts"

const codings: Readonly<Record<string, Coding>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  br: "br",
  zstd: "zstd"
}

/** The most codings of one body: each needs memory and time. */
const mostCodings = 5

/**
 * The codings that were applied to the body of a response, in that order; empty when its body is given as it is: it has
 * none, one of its codings is unknown, or it can't be decoded by itself, as with a part of a coded body (206).
 */
export const codingsOf = (method: string, { headers, status }: Head): ReadonlyArray<Coding> => {
  const header = headers["content-encoding"]
  if (header === undefined || method === "HEAD" || status === 206) return none
  const names = String(header)
    .split(",", 2 * mostCodings)
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity")
  const known = names.flatMap((name) => (Object.hasOwn(codings, name) ? [codings[name] ?? []].flat() : []))
  return known.length === names.length && known.length <= mostCodings ? known : none
}

const none: ReadonlyArray<Coding> = []

/** The headers of a body once it has been decoded. */
export const decodedHeaders = (headers: RawHeaders): RawHeaders => {
  const { "content-encoding": _coding, "content-length": _length, ...others } = headers
  return others
}

/** The most bytes of either side that are decoded synchronously: about 1 ms. */
export const mostAtOnce = 256 * 1024

/**
 * Decodes a whole body at once. Undefined when it is larger than `most` or than is decoded at once, when it is not valid, or
 * when only a stream of it is decoded.
 */
export const decodeWhole = (body: Uint8Array, applied: ReadonlyArray<Coding>, most: number): Uint8Array | undefined => {
  if (body.byteLength === 0) return body
  if (body.byteLength > mostAtOnce) return undefined
  try {
    return applied.reduceRight((bytes, coding) => decodeOnce(bytes, coding, Math.min(most, mostAtOnce)), body)
  } catch {
    return undefined
  }
}

const decodeOnce = (body: Uint8Array, coding: Coding, most: number): Uint8Array => {
  // zlib takes no maximum of zero.
  const options = { maxOutputLength: Math.max(most, 1) }
  switch (coding) {
    case "gzip":
      return zlib.gunzipSync(body, options)
    case "deflate":
      return decompressor.hasZlibHeader(body) ? zlib.inflateSync(body, options) : zlib.inflateRawSync(body, options)
    case "br":
      return zlib.brotliDecompressSync(body, options)
    case "zstd":
      // Bytes after its first frame would be dropped silently.
      throw new Error("zstd is decoded only as a stream")
  }
}

/** Decodes a body as it arrives, with backpressure. An invalid or incomplete body fails. */
export const decodeStream = (
  body: Stream.Stream<Uint8Array, BodyFailure>,
  applied: ReadonlyArray<Coding>
): Stream.Stream<Uint8Array, BodyFailure> =>
  applied.reduceRight((bytes, coding) => decompressor.decompressed(bytes, coding), body)
