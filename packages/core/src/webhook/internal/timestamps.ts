import type { Timestamp } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as EventFields from "./eventFields.ts"
import { refuse } from "./refusal.ts"
import type { Item } from "./signatureHeader.ts"

/** A timestamp as it was written, which is what was signed, and in epoch milliseconds. */
export interface Stamp {
  readonly text: string
  readonly millis: number
}

const millisPer = { seconds: 1000, milliseconds: 1 }

/** The timestamp outside of the body: in a header of its own, or beside the signatures. */
export const fromHeaders = (
  timestamp: Timestamp | undefined,
  headers: DeliveryHeaders.DeliveryHeaders,
  items: ReadonlyArray<Item>
): Stamp | undefined => {
  if (timestamp === undefined || timestamp.at._tag === "Body") return undefined
  const { at } = timestamp
  return at._tag === "Header"
    ? parse(timestamp, at.name, DeliveryHeaders.required(headers, at.name))
    : parse(timestamp, `the item ${at.label}`, onlyItem(items, at.label))
}

/** The timestamp inside of the body, which is only worth reading once the signature was accepted. */
export const fromBody = (timestamp: Timestamp | undefined, content: EventFields.BodyContent): Stamp | undefined => {
  if (timestamp?.at._tag !== "Body") return undefined
  const text = EventFields.at(content.json(), timestamp.at.path)
  return text !== undefined && digits.test(text)
    ? stamp(timestamp, text)
    : refuse(Reason.MalformedBody({ field: timestamp.at.path.join("."), expected: expected(timestamp) }))
}

export const format = (timestamp: Timestamp, millis: number): string =>
  String(Math.floor(millis / millisPer[timestamp.unit]))

/** A clock that is not a number is outside of every tolerance. */
export const checkAge = (timestamp: Timestamp, { millis }: Stamp, now: number): void => {
  const { past, future } = timestamp.toleranceMillis
  const age = now - millis
  if (-age > future) refuse(Reason.TimestampInFuture({ aheadMillis: -age, toleranceMillis: future }))
  if (!(age <= past)) refuse(Reason.TimestampTooOld({ ageMillis: age, toleranceMillis: past }))
}

const digits = /^[0-9]{1,15}$/

const stamp = (timestamp: Timestamp, text: string): Stamp => ({
  text,
  millis: Number(text) * millisPer[timestamp.unit]
})

const expected = (timestamp: Timestamp): string => `the ${timestamp.unit} since the epoch in at most 15 digits`

const parse = (timestamp: Timestamp, location: string, text: string): Stamp =>
  digits.test(text)
    ? stamp(timestamp, text)
    : refuse(Reason.MalformedTimestamp({ location, expected: expected(timestamp) }))

const onlyItem = (items: ReadonlyArray<Item>, label: string): string => {
  const [first, second] = items.filter((item) => item.label === label)
  const location = `the item ${label}`
  if (first === undefined) return refuse(Reason.MissingTimestamp({ location }))
  return second === undefined ? first.text : refuse(Reason.MalformedTimestamp({ location, expected: "there once" }))
}
