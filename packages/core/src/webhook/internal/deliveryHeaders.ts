import { Result } from "effect"
import { Reason } from "../WebhookError.ts"

export type DeliveryHeaders = ReadonlyArray<readonly [name: string, value: string]>

/** The value of a header that may be absent, but not repeated: of two values no reader knows which one was meant. */
export const optional = (headers: DeliveryHeaders, name: string): Result.Result<string | undefined, Reason> => {
  const found = valuesOf(headers, name)
  return found.length > 1 ? Result.fail(Reason.DuplicateHeader({ header: name })) : Result.succeed(found[0])
}

export const required = (headers: DeliveryHeaders, name: string): Result.Result<string, Reason> =>
  Result.flatMap(optional(headers, name), (value) =>
    value === undefined ? Result.fail(Reason.MissingHeader({ header: name })) : Result.succeed(value)
  )

const valuesOf = (headers: DeliveryHeaders, name: string): ReadonlyArray<string> => {
  const wanted = name.toLowerCase()
  return headers.flatMap(([key, value]) => (key.length === name.length && key.toLowerCase() === wanted ? value : []))
}
