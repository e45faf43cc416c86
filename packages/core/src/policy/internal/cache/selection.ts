/** Selects the stored variant for a request, by `Vary` and by every header that the caller set. */
import * as CacheControl from "../../CacheControl.ts"
import { selecting } from "../identity.ts"
import type { Entry } from "./entry.ts"
import { sha256 } from "./sha256.ts"

/** The key in `Entry.varying` for the caller's headers that `Vary` does not name: no stored `Vary` has it. */
const given = "*"

/** Compares the values of the headers in `Vary`, where known equivalents count as equal. */
const digestOf = (headers: CacheControl.HeaderRecord, varying: CacheControl.Varying): string | undefined => {
  const named = new Set(varying.map(([name]) => name))
  const found = selecting(headers).filter(([name]) => !named.has(name))
  return found.length === 0 ? undefined : `sha256:${sha256(JSON.stringify(found))}`
}

/**
 * The selecting headers of an answer: those that its `Vary` names, with the `Accept-Encoding` that was sent, and
 * a digest of the others. Undefined for `Vary: *`.
 */
export const selectionOf = (
  vary: string | undefined,
  asked: CacheControl.HeaderRecord,
  sent: CacheControl.HeaderRecord = asked
): CacheControl.Varying | undefined => {
  const encoding = sent["accept-encoding"] ?? asked["accept-encoding"]
  const varying = CacheControl.varyingBy(vary, { ...asked, "accept-encoding": encoding })
  if (varying === undefined) return undefined
  const digest = digestOf(asked, varying)
  return digest === undefined ? varying : [[given, digest], ...varying]
}

/** Whether a stored answer was stored for a request like this one. */
export const isSelected = (entry: Entry, headers: CacheControl.HeaderRecord): boolean => {
  const digest = entry.varying.find(([name]) => name === given)?.[1] ?? undefined
  const varying = entry.varying.filter(
    ([name]) => name !== given && !(name === "accept-encoding" && isPlain(entry, headers))
  )
  return CacheControl.answers(varying, headers) && digest === digestOf(headers, entry.varying)
}

/** A request that names no coding leaves it to the transport, and takes a body that is in none. */
const isPlain = (entry: Entry, headers: CacheControl.HeaderRecord): boolean =>
  headers["accept-encoding"] === undefined && entry.headers["content-encoding"] === undefined
