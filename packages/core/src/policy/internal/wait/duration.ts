/** Durations with units: Go's (`1m30s`), words (`30 seconds`) and those of ISO 8601 (`PT30S`). */

/** Milliseconds of a duration, or undefined for everything else. The text must be trimmed and in lower case. */
export const read = (text: string): number | undefined => fromIso(text) ?? fromUnits(text)

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const units: ReadonlyMap<string, number> = new Map(
  (
    [
      [1e-6, "ns nsec nanosecond nanoseconds"],
      // A micro sign, a Greek mu, and both as they arrive when their UTF-8 is read as Latin-1.
      [1e-3, "us \u00b5s \u03bcs \u00e2\u00b5s \u00ee\u00bcs usec microsecond microseconds"],
      [1, "ms msec msecs millis millisecond milliseconds"],
      [second, "s sec secs second seconds"],
      [minute, "m min mins minute minutes"],
      [hour, "h hr hrs hour hours"],
      [day, "d day days"],
      [7 * day, "w week weeks"]
    ] as const
  ).flatMap(([millis, names]) => names.split(" ").map((name) => [name, millis] as const))
)

const part = /\s?(\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})\s?([a-z\u00b5\u03bc\u00e2\u00ee\u00bc]{1,12})/y

const fromUnits = (text: string): number | undefined => {
  const sign = text.startsWith("-") ? -1 : 1
  const pattern = new RegExp(part)
  pattern.lastIndex = /^[+-]/.test(text) ? 1 : 0
  let sum = 0
  do {
    const found = pattern.exec(text)
    const millis = units.get(found?.[2] ?? "")
    if (millis === undefined) return undefined
    sum += Number(found?.[1]) * millis
  } while (pattern.lastIndex < text.length)
  return sign * sum
}

const amount = String.raw`(\d{1,15}(?:[.,]\d{1,15})?)`
const iso = new RegExp(
  `^p(?=.)(?:${amount}y)?(?:${amount}m)?(?:${amount}w)?(?:${amount}d)?(?:t(?=.)(?:${amount}h)?(?:${amount}m)?(?:${amount}s)?)?$`
)

/** A year and a month have no fixed length: here they have 365 and 30 days. */
const isoMillis = [365 * day, 30 * day, 7 * day, day, hour, minute, second]

const fromIso = (text: string): number | undefined => {
  const found = iso.exec(text)
  if (found === null) return undefined
  return isoMillis.reduce((sum, millis, index) => sum + Number((found[index + 1] ?? "0").replace(",", ".")) * millis, 0)
}
