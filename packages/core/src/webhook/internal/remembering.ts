import { Duration } from "effect"
import { finiteMillis, InvalidOption } from "../../policy/InvalidOption.ts"
import type { SignatureScheme } from "../SignatureScheme.ts"

/** Longer than most providers send an event again. */
const least = Duration.toMillis("30 days")

/**
 * How long an id is known after its event came: twice as long as the provider sends an event again, because it may send
 * one late, and at least 30 days. An id that is forgotten sooner than that would let a repeated event in as a new one.
 */
export const millisOf = (
  option: string,
  given: Duration.Input | undefined,
  scheme: SignatureScheme | undefined
): number => {
  const retried = Math.max(scheme?.delivery.retriedForMillis ?? 0, scheme?.timestamp?.retryToleranceMillis ?? 0)
  if (given === undefined) return Math.max(least, 2 * retried)
  const millis = finiteMillis(option, given)
  if (millis >= retried) return millis
  throw new InvalidOption({
    option,
    actual: Duration.format(Duration.millis(millis)),
    accepts: `at least ${Duration.format(Duration.millis(retried))}, for which ${scheme?.id} sends an event again`
  })
}
