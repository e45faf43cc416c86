/** The names of secrets that Effect's own references hold. */
import type { Fiber } from "effect"
import * as Headers from "effect/http/Headers"
import * as UrlParams from "effect/http/UrlParams"
import type { Names } from "./identity.ts"

/**
 * The headers and query parameters whose values are redacted on a fibre, by Effect's references. An application adds
 * its own to them.
 *
 * @since 0.1.0
 * @category getters
 */
export const redactedNames = (fiber: Pick<Fiber.Fiber<unknown, unknown>, "getRef">): Names => [
  ...fiber.getRef(Headers.CurrentRedactedNames),
  ...fiber.getRef(UrlParams.CurrentRedactedNames)
]
