/** Parses JSON and reports the digits of numbers that `String` would write differently. The text must be valid JSON. */

export type Keep = (holder: object, key: string, source: string) => void

/** The third argument of a reviver, if the platform supports it (ECMAScript 2026). */
interface Source {
  readonly source?: string
}

const hasSources: boolean = (() => {
  let found = false
  JSON.parse("1", (_key, _value, context?: Source) => {
    found = context?.source === "1"
  })
  return found
})()

export const parseWithSources = (text: string, keep: Keep): unknown =>
  hasSources ? parseWithReviver(text, keep) : parseWithMarks(text, keep)

const parseWithReviver = (text: string, keep: Keep): unknown =>
  JSON.parse(text, function (this: object, key: string, value: unknown, context?: Source) {
    const source = context?.source
    if (typeof value === "number" && source !== undefined && source !== String(value)) keep(this, key, source)
    return value
  })

/** Matches a number, or a string, which is left unchanged; one that never ends goes up to the end. */
const numberOrString = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?[0-9][0-9.eE+-]*/g

/** Replaces numbers that would lose digits by strings with a random prefix. */
const parseWithMarks = (text: string, keep: Keep): unknown => {
  const mark = `${crypto.randomUUID()}:`
  const marked = text.replace(numberOrString, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${mark}${token}"`
  )
  return JSON.parse(marked, function (this: object, key: string, value: unknown) {
    if (typeof value !== "string" || !value.startsWith(mark)) return value
    const source = value.slice(mark.length)
    keep(this, key, source)
    return Number(source)
  })
}
