import { createHash } from "node:crypto"
import type { Binding } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as EventFields from "./eventFields.ts"
import { refuse } from "./refusal.ts"
import { assemble, joined, type Source } from "./signedContent.ts"

/** Holds the request against what the signature covers of it elsewhere. */
export const check = (bindings: ReadonlyArray<Binding>, source: Source): void => {
  for (const binding of bindings) checkOne(binding, source)
}

const checkOne = (binding: Binding, source: Source): void => {
  const { at, isOptional, mayBeAbsentWithoutBody } = binding
  const claimed = EventFields.textOf(at, source.delivery)
  const mayBeAbsent = isOptional || (mayBeAbsentWithoutBody && source.delivery.body.byteLength === 0)
  if (claimed === undefined && mayBeAbsent && !isRepeated(binding, source)) return
  if (claimed !== compute(binding, source)) refuse(Reason.HashMismatch({ field: at.name }))
}

/** A parameter that is there twice must not pass for one that is not there. */
const isRepeated = ({ at }: Binding, { delivery }: Source): boolean =>
  at._tag === "Query"
    ? (delivery.parsedUrl()?.searchParams.has(at.name) ?? false)
    : at.name in (delivery.token?.claims ?? {})

export const compute = ({ content, encoding, hash }: Binding, source: Source): string => {
  const parts = assemble(content, source, "")
  return hash === undefined
    ? joined(parts).toString()
    : parts.reduce((digest, part) => digest.update(part), createHash(hash)).digest(encoding)
}
