/** Points in time as headers carry them: the three dates of RFC 9110, their common variants, and RFC 3339. */

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

const weekday = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s{1,3}/
const clock = String.raw`(?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d)(?<fraction>[.,]\d{1,12})?)?`
const zone = String.raw`(?<zone>z|ut|utc|gmt|[a-z]{3}|[+-]\d\d(?::?\d\d)?|(?:gmt|utc)[+-]\d\d(?::?\d\d)?)`

/** `06 Nov 1994 08:49:37 GMT`, `06-Nov-94 08:49:37 GMT`. Without a zone it is UTC, as every date of HTTP is. */
const dayFirst = new RegExp(
  String.raw`^(?<day>\d{1,2})[ -](?<month>[a-z]{3,9})[ -](?<year>\d{4}|\d\d)\s{1,3}${clock}(?:\s{0,3}${zone})?$`
)
/** `Nov  6 08:49:37 1994`, and with the zone that the command `date` writes. */
const monthFirst = new RegExp(
  String.raw`^(?<month>[a-z]{3,9})\s{1,3}(?<day>\d{1,2})\s{1,3}${clock}\s{1,3}(?:${zone}\s{1,3})?(?<year>\d{4})$`
)
/** `1994-11-06T08:49:37Z`; with a space as Ruby and Go write it. It must have a zone. */
const yearFirst = new RegExp(
  String.raw`^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:t|\s)${clock}\s?${zone}(?: utc| gmt)?$`
)

/**
 * Milliseconds of the epoch, or undefined if it is not a date. The text must be trimmed and in lower case; `now`
 * decides the century of a year of two digits.
 */
export const read = (text: string, now: number): number | undefined => {
  const date = text.replace(weekday, "")
  const found = dayFirst.exec(date) ?? monthFirst.exec(date) ?? yearFirst.exec(date)
  return found?.groups === undefined ? undefined : epochMillis(found.groups, now)
}

type Fields = Readonly<Record<string, string | undefined>>

const epochMillis = (fields: Fields, now: number): number | undefined => {
  const offset = offsetMillis(fields["zone"])
  const year = fields["year"] ?? ""
  if (offset === undefined) return undefined
  if (year.length === 4) return utcOf(fields, Number(year), offset)
  return nearestCentury(now, Number(year), (year) => utcOf(fields, year, offset))
}

/** A year of two digits that would be more than 50 years ahead is the last one that ended so (RFC 9110, section 5.6.7). */
const nearestCentury = (
  now: number,
  shortYear: number,
  timeIn: (year: number) => number | undefined
): number | undefined => {
  const today = new Date(now)
  const century = Math.floor(today.getUTCFullYear() / 100) * 100
  const latest = today.setUTCFullYear(today.getUTCFullYear() + 50)
  return [100, 0, -100]
    .map((more) => timeIn(century + more + shortYear))
    .find((time) => time !== undefined && time <= latest)
}

const utcOf = (fields: Fields, year: number, offset: number): number | undefined => {
  const field = (name: string) => Number(fields[name] ?? "0")
  const month = monthOf(fields["month"] ?? "")
  const [day, hour, minute, second] = [field("day"), field("hour"), field("minute"), field("second")]
  // A second of 60 is a leap second.
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined
  const fraction = Number(`0${(fields["fraction"] ?? ".0").replace(",", ".")}`)
  return date.setUTCHours(hour, minute, second, Math.floor(fraction * 1_000)) - offset
}

/** Of a number, or of a name that may be written out. */
const monthOf = (text: string): number => {
  const numeric = Number(text)
  return Number.isNaN(numeric) ? months.indexOf(text.slice(0, 3)) : numeric >= 1 && numeric <= 12 ? numeric - 1 : -1
}

/** The zones that RFC 822 names, in hours. */
const zones: Readonly<Record<string, number>> = {
  z: 0,
  ut: 0,
  utc: 0,
  gmt: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7
}

const offsetMillis = (zone = "utc"): number | undefined => {
  const found = /([+-])(\d\d):?(\d\d)?$/.exec(zone)
  if (found === null) {
    const hours = Object.hasOwn(zones, zone) ? zones[zone] : undefined
    return hours === undefined ? undefined : hours * 3_600_000
  }
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? "0")
  return minutes >= 24 * 60 ? undefined : (found[1] === "-" ? -1 : 1) * minutes * 60_000
}
