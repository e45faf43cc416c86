/** Finds the first invalid character of a JSON text: the platform's parser quotes the text instead of reporting the position. */

type Expecting = "value" | "firstElement" | "firstKey" | "key" | "colon" | "commaOrEnd" | "nothing"

interface Scan {
  readonly text: string
  readonly open: Array<"{" | "[">
  at: number
  expecting: Expecting
}

/** The index of the first invalid character; the length of the text if it ends too early. */
export const faultPosition = (text: string): number => {
  const scan: Scan = { text, open: [], at: 0, expecting: "value" }
  for (;;) {
    skipWhitespace(scan)
    if (scan.at >= text.length || !advance(scan)) return scan.at
  }
}

const skipWhitespace = (scan: Scan): void => {
  while (" \t\n\r".includes(scan.text[scan.at] ?? "x")) scan.at += 1
}

/** Moves past one token; false if no valid token follows. */
const advance = (scan: Scan): boolean => {
  const char = scan.text[scan.at] ?? ""
  switch (scan.expecting) {
    case "nothing":
      return false
    case "colon":
      return char === ":" && moveTo(scan, scan.at + 1, "value")
    case "commaOrEnd":
      return char === "," ? moveTo(scan, scan.at + 1, scan.open.at(-1) === "{" ? "key" : "value") : close(scan, char)
    case "firstKey":
      return char === "}" ? close(scan, char) : key(scan, char)
    case "key":
      return key(scan, char)
    case "firstElement":
      return char === "]" ? close(scan, char) : value(scan, char)
    case "value":
      return value(scan, char)
  }
}

const moveTo = (scan: Scan, at: number, expecting: Expecting): true => {
  scan.at = at
  scan.expecting = expecting
  return true
}

const afterValue = (scan: Scan): Expecting => (scan.open.length === 0 ? "nothing" : "commaOrEnd")

const close = (scan: Scan, char: string): boolean => {
  if (char !== (scan.open.at(-1) === "{" ? "}" : "]")) return false
  scan.open.pop()
  return moveTo(scan, scan.at + 1, afterValue(scan))
}

const key = (scan: Scan, char: string): boolean => char === '"' && string(scan) && moveTo(scan, scan.at, "colon")

const value = (scan: Scan, char: string): boolean => {
  if (char === "{" || char === "[") {
    scan.open.push(char)
    return moveTo(scan, scan.at + 1, char === "{" ? "firstKey" : "firstElement")
  }
  if (char === '"') return string(scan) && moveTo(scan, scan.at, afterValue(scan))
  return matched(scan, literal) && moveTo(scan, scan.at, afterValue(scan))
}

const literal = /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![0-9A-Za-z.+-])/y

const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

const matched = (scan: Scan, pattern: RegExp): boolean => {
  pattern.lastIndex = scan.at
  const isThere = pattern.test(scan.text)
  if (isThere) scan.at = pattern.lastIndex
  return isThere
}

const string = (scan: Scan): boolean => {
  scan.at += 1
  for (;;) {
    const code = scan.text.charCodeAt(scan.at)
    // At the end of the text the code is NaN, which is neither.
    if (!(code >= 0x20)) return false
    if (code === 0x5c) {
      if (!matched(scan, escape)) return false
    } else {
      scan.at += 1
      if (code === 0x22) return true
    }
  }
}
