import * as InvalidOption from "../../policy/InvalidOption.ts"
import type { LaneRule } from "../InboxStore.ts"
import type { WebhookEvent } from "../WebhookEvent.ts"

interface LaneOptions {
  readonly key?: unknown
  readonly ordered?: boolean | undefined
  readonly maxPerKey?: number | undefined
  readonly whenDead?: "goOn" | "stand" | undefined
}

/** How the events of a lane follow each other, or undefined where there are no lanes. */
export const laneRule = ({ key, maxPerKey, ordered = false, whenDead }: LaneOptions): LaneRule | undefined => {
  if (whenDead === "stand" && !ordered) {
    throw new InvalidOption.InvalidOption({ option: "whenDead", actual: '"stand"', accepts: '"goOn" without ordered' })
  }
  const limit = maxPerKey === undefined ? (ordered ? 1 : Infinity) : InvalidOption.integer("maxPerKey", maxPerKey, 1)
  if (!ordered && limit === Infinity && key === undefined) return undefined
  return { limit, ordered, stands: whenDead === "stand", decided: key !== undefined }
}

/** Throws for a handler whose type has no schema. */
export const rejectStrayHandlers = (types: ReadonlyArray<string>, handled: ReadonlyArray<string>): void => {
  const stray = handled.find((type) => !types.includes(type))
  if (stray === undefined) return
  throw new InvalidOption.InvalidOption({
    option: "handle",
    actual: JSON.stringify(stray),
    accepts: `one of the types in events: ${types.join(", ")}`
  })
}

/** The body as JSON in strict UTF-8. */
export const parseJson = (delivery: WebhookEvent): unknown =>
  JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(delivery.body))
