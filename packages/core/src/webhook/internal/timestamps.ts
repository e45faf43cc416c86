import { covers, type SignatureScheme, type Timestamp, type TimestampUnit } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import type { Item } from "./candidates.ts"
import type { Delivery } from "./delivery.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as EventFields from "./eventFields.ts"
import { refuse } from "./refusal.ts"

/** A timestamp as it was written, which is what was signed, and in epoch milliseconds. */
export interface Stamp {
  readonly text: string
  readonly millis: number
}

/** The timestamp that can be read before the signature is looked at. */
export const beforeSignature = (
  scheme: SignatureScheme,
  delivery: Delivery,
  items: ReadonlyArray<Item>
): Stamp | undefined => {
  const { timestamp } = scheme
  if (timestamp === undefined || isReadLater(scheme, timestamp)) return undefined
  const { at } = timestamp
  if (at._tag === "ListItem") return parse(timestamp, `the item ${at.label}`, onlyItem(items, at.label))
  if (at._tag === "Header") return parse(timestamp, at.name, DeliveryHeaders.required(delivery.headers, at.name))
  return inBody(timestamp, at, delivery)
}

/** The timestamp inside of the body, which is only worth reading once the signature was accepted. */
export const afterSignature = (scheme: SignatureScheme, delivery: Delivery): Stamp | undefined => {
  const { timestamp } = scheme
  if (timestamp === undefined || timestamp.at._tag === "ListItem" || !isReadLater(scheme, timestamp)) return undefined
  return inBody(timestamp, timestamp.at, delivery)
}

const isReadLater = (scheme: SignatureScheme, { at }: Timestamp): boolean =>
  at._tag !== "Header" && at._tag !== "ListItem" && !covers(scheme, "timestamp")

export const inBody = (timestamp: Timestamp, at: EventFields.Field, delivery: Delivery): Stamp => {
  const text = EventFields.textOf(at, delivery) ?? ""
  return stampOf(timestamp, text) ?? EventFields.refuseField(at, expected[timestamp.unit])
}

export const format = ({ unit }: Timestamp, millis: number): string => units[unit].write(millis)

/** The epoch milliseconds of a timestamp as it is written. */
export const read = ({ unit }: Timestamp, text: string): number | undefined => units[unit].read(text)

export const isOfAge = ({ toleranceMillis: { future, past } }: Timestamp, millis: number, now: number): boolean =>
  millis - now <= future && now - millis <= past

/** A clock that is not a number is outside of every tolerance. */
export const checkAge = ({ toleranceMillis: { future, past } }: Timestamp, { millis }: Stamp, now: number): void => {
  const age = now - millis
  if (-age > future) refuse(Reason.TimestampInFuture({ aheadMillis: -age, toleranceMillis: future }))
  if (!(age <= past)) refuse(Reason.TimestampTooOld({ ageMillis: age, toleranceMillis: past }))
}

interface Unit {
  readonly read: (text: string) => number | undefined
  readonly write: (millis: number) => string
}

const count = (millis: number): Unit => ({
  read: (text) => (/^[0-9]{1,15}$/.test(text) ? Number(text) * millis : undefined),
  write: (time) => String(Math.floor(time / millis))
})

const dateTime =
  /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/

const readDateTime = (text: string): number | undefined => {
  const [, year, month, day] = dateTime.exec(text) ?? []
  const daysOfMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  // The calendar is checked here, because `Date.parse` takes the 30th of February for the 2nd of March.
  return Number(day) >= 1 && Number(day) <= daysOfMonth ? Date.parse(text) : undefined
}

const readHttpDate = (text: string): number | undefined => {
  if (text.length !== 29) return undefined
  const millis = Date.parse(text)
  return new Date(millis).toUTCString() === text ? millis : undefined
}

const units: Readonly<Record<TimestampUnit, Unit>> = {
  seconds: count(1000),
  milliseconds: count(1),
  rfc3339: { read: readDateTime, write: (millis) => new Date(millis).toISOString() },
  "http-date": { read: readHttpDate, write: (millis) => new Date(millis).toUTCString() }
}

const expected: Readonly<Record<TimestampUnit, string>> = {
  seconds: "the seconds since the epoch in at most 15 digits",
  milliseconds: "the milliseconds since the epoch in at most 15 digits",
  rfc3339: "a date and time of RFC 3339, such as 2025-11-24T16:00:00Z",
  "http-date": "a date of HTTP, such as Mon, 24 Nov 2025 16:00:00 GMT"
}

const stampOf = ({ unit }: Timestamp, text: string): Stamp | undefined => {
  const millis = units[unit].read(text)
  return millis === undefined ? undefined : { text, millis }
}

const parse = (timestamp: Timestamp, location: string, text: string): Stamp =>
  stampOf(timestamp, text) ?? refuse(Reason.MalformedTimestamp({ location, expected: expected[timestamp.unit] }))

const onlyItem = (items: ReadonlyArray<Item>, label: string): string => {
  const [first, second] = items.filter((item) => item.label === label)
  const location = `the item ${label}`
  if (first === undefined) return refuse(Reason.MissingTimestamp({ location }))
  return second === undefined ? first.text : refuse(Reason.MalformedTimestamp({ location, expected: "there once" }))
}
