import { Duration } from "effect"
import { ClockSkew } from "../../AuthError.ts"
import type { Answer } from "./answer.ts"

/** Less than this may be the way of the answer, or the rounding of its date. */
const leastSkewMillis = 30_000

/** How far our clock is off by the server's, when it is far. */
export const skewOf = ({ headers, now }: Pick<Answer, "headers" | "now">): ClockSkew | undefined => {
  const theirs = Date.parse(headers["date"] ?? "")
  const by = now - theirs
  return Math.abs(by) >= leastSkewMillis ? new ClockSkew({ by: Duration.millis(by) }) : undefined
}
