/**
 * The text of the first element that a path of names leads to, below the root. Undefined for anything but elements, text
 * and a declaration: for comments, character data sections, references and document types too.
 */
export const textAt = (xml: string | undefined, path: ReadonlyArray<string>): string | undefined => {
  const open: Array<string> = []
  const tags = xml === undefined ? [] : xml.split("<").slice(1)
  for (const [index, tag] of tags.entries()) {
    const end = tag.indexOf(">")
    if (end === -1 || tag.startsWith("!")) return undefined
    if (tag.startsWith("?") || tag[end - 1] === "/") continue
    if (tag.startsWith("/")) {
      open.pop()
      continue
    }
    open.push(tag.slice(0, end).split(/\s/, 1)[0] ?? "")
    if (leadsTo(open, path)) return tags[index + 1]?.startsWith("/") === true ? plain(tag.slice(end + 1)) : undefined
  }
  return undefined
}

const leadsTo = ([, ...open]: ReadonlyArray<string>, path: ReadonlyArray<string>): boolean =>
  open.length === path.length && open.every((name, index) => name === path[index])

const plain = (text: string): string | undefined => (text.includes("&") ? undefined : text)
