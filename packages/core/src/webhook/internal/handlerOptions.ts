import * as InvalidOption from "../../policy/InvalidOption.ts"
import type { LaneRule } from "../InboxStore.ts"
import type { SignatureScheme } from "../SignatureScheme.ts"
import type { WebhookEvent } from "../WebhookEvent.ts"
import { Delivery } from "./delivery.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import type { Form } from "./formBody.ts"

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

/** Throws for a handler whose type has no schema, or a schema whose type has no handler. */
export const rejectStrayHandlers = (types: ReadonlyArray<string>, handled: ReadonlyArray<string>): void => {
  const missing = types.find((type) => !handled.includes(type))
  if (missing !== undefined) {
    InvalidOption.reject(`handle.${missing}`, undefined, "a function, as for each type in events")
  }
  const stray = handled.find((type) => !types.includes(type))
  if (stray === undefined) return
  throw new InvalidOption.InvalidOption({
    option: "handle",
    actual: JSON.stringify(stray),
    accepts: `one of the types in events: ${types.join(", ")}`
  })
}

/**
 * The body as JSON in strict UTF-8. A form is the JSON of its payload field where its scheme has one, else an object of its
 * fields: a text each, or a list where a name is there several times.
 */
export const parserOf =
  (scheme: SignatureScheme | undefined) =>
  ({ body, headers }: WebhookEvent): unknown => {
    const delivery = new Delivery({ method: "POST", url: "", headers, body })
    const type = DeliveryHeaders.optional(headers, "content-type") ?? ""
    if (!isForm.test(type)) return JSON.parse(delivery.jsonText() ?? refuseText())
    const field = scheme?.delivery.payloadField
    const payload = field === undefined ? undefined : delivery.formField(field)
    return payload === undefined ? recordOf(delivery.form() ?? refuseText()) : JSON.parse(payload)
  }

const isForm = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i

const refuseText = (): never => {
  throw new Error("it is not UTF-8")
}

const recordOf = (form: Form): unknown =>
  Object.fromEntries(
    Array.from(
      Map.groupBy(form, ([name]) => name),
      ([name, pairs]) => [name, pairs.length === 1 ? pairs[0]?.[1] : pairs.map(([, value]) => value)]
    )
  )
