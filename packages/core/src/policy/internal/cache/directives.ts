/** One element of a list: a token, perhaps with a value that is a quoted string or runs to the next comma. */
const element = /[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?[ \t]*)?(?:,|$)/y

/** What is no element, up to the next comma outside of quotes. */
const junk = /(?:[^",]|"(?:[^"\\]|\\.)*")*(?:,|$)/y

const matchAt = (pattern: RegExp, text: string, position: number): RegExpExecArray | null => {
  pattern.lastIndex = position
  return pattern.exec(text)
}

/**
 * The directives of a `Cache-Control` by their names in lower case, the first of each kept. Junk between two commas is
 * skipped; undefined when a quote never ends, because then anything may have been meant.
 */
export const readDirectives = (header: string): ReadonlyMap<string, string | undefined> | undefined => {
  const directives = new Map<string, string | undefined>()
  for (let position = 0; position < header.length;) {
    const found = matchAt(element, header, position) ?? matchAt(junk, header, position)
    if (found === null) return undefined
    const name = found[1]?.toLowerCase()
    if (name !== undefined && !directives.has(name)) directives.set(name, found[2]?.replace(/\\(.)/g, "$1") ?? found[3])
    position += found[0].length
  }
  return directives
}

/** Larger ones mean the same: longer than anything is kept. */
const most = 2 ** 31

/** The seconds of a directive or an `Age`; undefined for what is no whole number. */
export const seconds = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value), most) : undefined
