/** What a header has under the name of a scheme. Names are in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Longer ones are not read. */
const mostCharacters = 16_384

/** A name, perhaps with a value; names without one begin the next challenge. */
const element = /[\s,]*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y

/** What a scheme such as `Negotiate` has in the place of parameters: it is no name, and ends with its challenge. */
const token68 = /[ \t]+[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y

/**
 * The challenges of a `WWW-Authenticate`, or of several that were joined. What comes after something that is none is not
 * read, and neither is a challenge that says the same thing twice.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export const challengesOf = (header: string): ReadonlyArray<Challenge> => {
  const found: Array<{ scheme: string; pairs: Array<readonly [string, string]> }> = []
  for (const { name, value } of elementsOf(header)) {
    if (value === undefined) found.push({ scheme: name, pairs: [] })
    else found.at(-1)?.pairs.push([name, value])
  }
  return found.flatMap(({ pairs, scheme }) => {
    const parameters = parametersFrom(pairs)
    return parameters === undefined ? [] : [{ scheme, parameters }]
  })
}

/** The parameters of a header without a scheme, such as `Authentication-Info`. */
export const parametersOf = (header: string): Readonly<Record<string, string>> =>
  parametersFrom(
    elementsOf(header).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]))
  ) ?? {}

const parametersFrom = (
  pairs: ReadonlyArray<readonly [string, string]>
): Readonly<Record<string, string>> | undefined =>
  new Set(pairs.map(([name]) => name)).size === pairs.length ? Object.fromEntries(pairs) : undefined

interface Element {
  readonly name: string
  readonly value: string | undefined
}

const elementsOf = (header: string): ReadonlyArray<Element> => {
  const elements: Array<Element> = []
  if (header.length > mostCharacters) return elements
  element.lastIndex = 0
  for (let match = element.exec(header); match !== null; match = element.exec(header)) {
    const [, name = "", quoted, plain] = match
    const value = quoted?.replace(/\\(.)/g, "$1") ?? plain
    elements.push({ name: name.toLowerCase(), value })
    if (value !== undefined) continue
    token68.lastIndex = element.lastIndex
    if (token68.test(header)) element.lastIndex = token68.lastIndex
  }
  return elements
}
