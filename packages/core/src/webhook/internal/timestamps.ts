import { Result } from "effect"
import type { Timestamp } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as EventFields from "./eventFields.ts"
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
): Result.Result<Stamp | undefined, Reason> => {
  if (timestamp === undefined || timestamp.at._tag === "Body") return Result.succeed(undefined)
  const { at } = timestamp
  return at._tag === "Header"
    ? Result.flatMap(DeliveryHeaders.required(headers, at.name), (text) => parse(timestamp, at.name, text))
    : Result.flatMap(onlyItem(items, at.label), (text) => parse(timestamp, `the item ${at.label}`, text))
}

/** The timestamp inside of the body, which is only worth reading once the signature was accepted. */
export const fromBody = (
  timestamp: Timestamp | undefined,
  content: EventFields.BodyContent
): Result.Result<Stamp | undefined, Reason> => {
  if (timestamp?.at._tag !== "Body") return Result.succeed(undefined)
  const field = timestamp.at.path.join(".")
  const text = EventFields.at(content.json(), timestamp.at.path)
  return text === undefined || !digits.test(text)
    ? Result.fail(Reason.MalformedBody({ field, expected: expected(timestamp) }))
    : Result.succeed(stamp(timestamp, text))
}

export const format = (timestamp: Timestamp, millis: number): string =>
  String(Math.floor(millis / millisPer[timestamp.unit]))

/** A clock that is not a number is outside of every tolerance. */
export const checkAge = (timestamp: Timestamp, { millis }: Stamp, now: number): Result.Result<void, Reason> => {
  const { past, future } = timestamp.toleranceMillis
  const age = now - millis
  if (-age > future) return Result.fail(Reason.TimestampInFuture({ aheadMillis: -age, toleranceMillis: future }))
  if (!(age <= past)) return Result.fail(Reason.TimestampTooOld({ ageMillis: age, toleranceMillis: past }))
  return Result.void
}

const digits = /^[0-9]{1,15}$/

const stamp = (timestamp: Timestamp, text: string): Stamp => ({
  text,
  millis: Number(text) * millisPer[timestamp.unit]
})

const expected = (timestamp: Timestamp): string => `the ${timestamp.unit} since the epoch in at most 15 digits`

const parse = (timestamp: Timestamp, location: string, text: string): Result.Result<Stamp, Reason> =>
  digits.test(text)
    ? Result.succeed(stamp(timestamp, text))
    : Result.fail(Reason.MalformedTimestamp({ location, expected: expected(timestamp) }))

const onlyItem = (items: ReadonlyArray<Item>, label: string): Result.Result<string, Reason> => {
  const [first, second] = items.filter((item) => item.label === label)
  const location = `the item ${label}`
  if (first === undefined) return Result.fail(Reason.MissingTimestamp({ location }))
  return second === undefined
    ? Result.succeed(first.text)
    : Result.fail(Reason.MalformedTimestamp({ location, expected: "there once" }))
}
