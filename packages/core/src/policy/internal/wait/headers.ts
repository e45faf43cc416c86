/** The headers that state a wait, of all providers. */
import { numberOf } from "../rateHeaders/values.ts"
import * as Wait from "../../Wait.ts"

/** In order of precedence: exact values before rounded ones. */
const stated = [
  ["retry-after-ms", "millis"],
  // Azure: Cosmos DB, Azure OpenAI.
  ["x-ms-retry-after-ms", "millis"],
  ["retry-after", "seconds"],
  // Symfony's rate limiter.
  ["x-ratelimit-retry-after", "seconds"]
] as const

/** The explicit wait of an answer. */
export const statedMillis = (answered: Wait.Answered): number | undefined => {
  const time = Wait.timeOf(answered)
  for (const [name, unit] of stated) {
    const millis = Wait.millis(answered.headers[name], time, unit)
    if (millis !== undefined) return millis
  }
  return undefined
}

/** The reset of the one quota, with what remains of it. The exact one goes first. */
const single = [
  ["ratelimit-reset", "ratelimit-remaining"],
  ["x-ratelimit-reset-after", "x-ratelimit-remaining"],
  ["x-ratelimit-reset", "x-ratelimit-remaining"],
  ["x-rate-limit-reset", "x-rate-limit-remaining"]
] as const

/** Resets of several quotas: of OpenAI and those that write as it does, and of Anthropic. */
const several = [
  ...["requests", "tokens"].map((quota) => [`x-ratelimit-reset-${quota}`, `x-ratelimit-remaining-${quota}`] as const),
  ...["requests", "tokens", "input-tokens", "output-tokens"].map(
    (quota) => [`anthropic-ratelimit-${quota}-reset`, `anthropic-ratelimit-${quota}-remaining`] as const
  )
]

/**
 * The reset of the exhausted quota of a throttled answer: of the one quota, unless something remains of it, or the latest of
 * several exhausted quotas.
 */
export const resetMillis = (answered: Wait.Answered): number | undefined => {
  const { headers } = answered
  const time = Wait.timeOf(answered)
  for (const [reset, remaining] of single) {
    const millis = (numberOf(headers[remaining]) ?? 0) > 0 ? undefined : Wait.millis(headers[reset], time)
    if (millis !== undefined) return millis
  }
  const waits = several.flatMap(([reset, remaining]) =>
    (numberOf(headers[remaining]) ?? 1) <= 0 ? (Wait.millis(headers[reset], time) ?? []) : []
  )
  return waits.length === 0 ? undefined : Math.max(...waits)
}
