/** How a header says when a quota is there again. */
export type Unit = "seconds" | "epochSeconds" | "epochMillis" | "duration" | "dateTime" | "secondsOrEpoch"

/** The first number of a header: `100`, `99.5`, `100, 100;w=60`. */
export const numberOf = (header: string | undefined): number | undefined => {
  const found = /^\s*(-?\d{1,15}(?:\.\d{1,9})?)\s*(?:[,;]|$)/.exec(bounded(header))
  return found === null ? undefined : Number(found[1])
}

/** `32/40`: what is used of what there is. */
export const usageOf = (header: string | undefined): { used: number; limit: number } | undefined => {
  const found = /^\s*(\d{1,12})\/(\d{1,12})\s*$/.exec(bounded(header))
  return found === null ? undefined : { used: Number(found[1]), limit: Number(found[2]) }
}

/** Milliseconds from `now` until the time that the header says, none when it is past; undefined for what is no time. */
export const resetAfterMillis = (header: string | undefined, unit: Unit, now: number): number | undefined => {
  const millis = readers[unit](bounded(header).trim(), now)
  return millis === undefined || !Number.isFinite(millis) ? undefined : Math.max(0, Math.ceil(millis))
}

type Reader = (text: string, now: number) => number | undefined

const whenNumber =
  (read: (value: number, now: number) => number): Reader =>
  (text, now) => {
    const value = numberOf(text)
    return value === undefined ? undefined : read(value, now)
  }

const fromDuration: Reader = (text) => {
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:h|m|s|ms|us|µs|ns))+$/.test(text)) return fromSeconds(text, 0)
  return [...text.matchAll(/([\d.]+)([a-zµ]+)/g)].reduce(
    (sum, [, value, unit]) => sum + Number(value) * (millisOf[unit ?? ""] ?? 0),
    0
  )
}

const fromDateTime: Reader = (text, now) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/.test(text)
    ? Date.parse(text) - now
    : undefined

const millisOf: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000001
}

const fromSeconds = whenNumber((value) => value * 1_000)

/** No quota lasts for thirty years: a number beyond that is a time. */
const secondsOrEpoch = whenNumber((value, now) => {
  if (value >= 1e12) return value - now
  return value >= 1e9 ? value * 1_000 - now : value * 1_000
})

const readers: Readonly<Record<Unit, Reader>> = {
  seconds: fromSeconds,
  epochSeconds: whenNumber((value, now) => value * 1_000 - now),
  epochMillis: whenNumber((value, now) => value - now),
  duration: fromDuration,
  dateTime: fromDateTime,
  secondsOrEpoch
}

const bounded = (header: string | undefined): string => header?.slice(0, 1_024) ?? ""
