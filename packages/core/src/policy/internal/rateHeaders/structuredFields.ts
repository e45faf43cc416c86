/** One member of a list or a dictionary: its name or bare value, and its parameters. */
export interface Member {
  readonly name: string
  /** The value of a dictionary's member. */
  readonly value: string | undefined
  readonly parameters: ReadonlyMap<string, string>
}

const mostMembers = 16

/**
 * Reads what rate limit fields use of structured fields: lists of strings, tokens and integers, and dictionaries, with
 * parameters. What is malformed gives members that nothing is found in.
 */
export const parse = (header: string | undefined): ReadonlyArray<Member> =>
  header === undefined ? [] : split(header.slice(0, 4_096), ",").slice(0, mostMembers).map(memberOf)

const memberOf = (text: string): Member => {
  const [head = "", ...parameters] = split(text, ";")
  const [name, value] = pairOf(head)
  return { name, value, parameters: new Map(parameters.map(parameterOf)) }
}

const parameterOf = (text: string): readonly [string, string] => {
  const [name, value] = pairOf(text)
  return [name, value ?? ""]
}

const pairOf = (text: string): readonly [string, string | undefined] => {
  const [name = "", ...value] = split(text, "=")
  return [bare(name), value.length === 0 ? undefined : bare(value.join("="))]
}

/** Without the quotes of a string; an escaped character stays as it is. */
const bare = (text: string): string => {
  const trimmed = text.trim()
  return /^".*"$/.test(trimmed) ? trimmed.slice(1, -1).replaceAll(/\\(["\\])/g, "$1") : trimmed
}

/** Splits where the separator is not inside a string. */
const split = (text: string, separator: "," | ";" | "="): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let quoted = false
  let begin = 0
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]
    if (quoted && character === "\\") index += 1
    else if (character === '"') quoted = !quoted
    else if (character === separator && !quoted) {
      parts.push(text.slice(begin, index))
      begin = index + 1
    }
  }
  return [...parts, text.slice(begin)]
}
