/** The grammar of an endpoint's path: `/charges/:id`, an optional `/:id?`, and `::` for a colon. */
import * as InvalidOption from "../../policy/InvalidOption.ts"
import { nearestTo } from "../../policy/internal/nearest.ts"

/** A literal and the parameter after it; the last segment has a literal alone. */
export interface Segment {
  readonly literal: string
  readonly name: string | undefined
  readonly optional: boolean
}

/** An escaped colon, or a name with its constraint (of a router's) and the mark of an optional one. */
const token = /::|:(\w+)(\([^()]*\))?(\?)?/g

/** Splits a path at its parameters. A name that `isParameter` refuses is literal text. */
export const segmentsOf = (path: string, isParameter: (name: string) => boolean): ReadonlyArray<Segment> => {
  const segments: Array<Segment> = []
  let literal = ""
  let last = 0
  for (const found of path.matchAll(token)) {
    const [text, name, , optional] = found
    literal += path.slice(last, found.index)
    last = found.index + text.length
    if (name === undefined) literal += ":"
    else if (!isParameter(name)) literal += text
    else {
      segments.push({ literal, name, optional: optional !== undefined })
      literal = ""
    }
  }
  return [...segments, { literal: literal + path.slice(last), name: undefined, optional: true }]
}

/** The path of an endpoint whose calls pass their URL. */
export const urlPath = "/{url}"

/** The segments that a URL resolves away. */
export const dotSegment = /\/\.{1,2}(?:\/|$)/

/** The names of a path's parameters. */
export const namesIn = (path: string): ReadonlyArray<string> =>
  segmentsOf(path, () => true).flatMap(({ name }) => (name === undefined ? [] : [name]))

/** Throws `InvalidOption` for a path that no request can have, or whose parameters are not those of `params`. */
export const assertPath = (where: string, path: string, params: ReadonlyArray<string> | undefined): void => {
  const refuse = (actual: string, accepts: string): never => {
    throw new InvalidOption.InvalidOption({
      option: `path of ${where}`,
      actual: `${JSON.stringify(path)}${actual}`,
      accepts
    })
  }
  if (path === urlPath && params?.length === 0) return
  const braces = /\{(\w+)\}/.exec(path)
  if (braces !== null)
    refuse("", `a path whose parameters are written with a colon: :${braces[1]} instead of ${braces[0]}`)
  if (!path.startsWith("/")) refuse("", 'a path that begins with "/"')
  const literal = segmentsOf(path, () => true).map((segment) => segment.literal)
  if (literal.some((text) => /[#?\s]/.test(text) || !text.isWellFormed())) {
    refuse("", "a path without query, fragment or white space; a fixed query goes into `constants`")
  }
  if (dotSegment.test(path)) refuse("", 'a path without the segments "." and "..", which a URL resolves away')
  const names = namesIn(path)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) refuse(` with :${twice} twice`, "a path in which each parameter occurs once")
  if (params === undefined) return
  for (const name of names) {
    if (params.includes(name)) continue
    const hint = `${nearestTo(name, params)}; a colon that is no parameter is written "::"`
    refuse(` with :${name}, which \`params\` does not declare`, `a path whose parameters are all in \`params\`${hint}`)
  }
  for (const name of params) {
    if (names.includes(name)) continue
    throw new InvalidOption.InvalidOption({
      option: `params of ${where}`,
      actual: `a record with "${name}", which ${JSON.stringify(path)} does not contain`,
      accepts: `the parameters of the path${nearestTo(name, names)}`
    })
  }
}
