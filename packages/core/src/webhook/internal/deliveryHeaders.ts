import { Reason } from "../WebhookError.ts"
import { refuse } from "./refusal.ts"

export type DeliveryHeaders = ReadonlyArray<readonly [name: string, value: string]>

/** The value of a header that may be absent, but not repeated: of two values no reader knows which one was meant. */
export const optional = (headers: DeliveryHeaders, name: string): string | undefined => {
  const wanted = name.toLowerCase()
  let found: string | undefined
  for (const [key, value] of headers) {
    if (key.length !== name.length || key.toLowerCase() !== wanted) continue
    if (found !== undefined) return refuse(Reason.DuplicateHeader({ header: name }))
    found = value
  }
  return found
}

/** The values of a header that may be there several times. */
export const all = (headers: DeliveryHeaders, name: string): ReadonlyArray<string> => {
  const wanted = name.toLowerCase()
  return headers.flatMap(([key, value]) => (key.toLowerCase() === wanted ? value : []))
}

export const required = (headers: DeliveryHeaders, name: string): string =>
  optional(headers, name) ?? refuse(Reason.MissingHeader({ header: name }))
