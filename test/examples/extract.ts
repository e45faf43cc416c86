/** Finds the examples of the documentation: the `ts` blocks of doc comments and of Markdown pages. */

export type Mode = "run" | "no-run" | "no-check"

export interface Example {
  readonly file: string
  /** The line of the file that holds the example's first line. */
  readonly line: number
  readonly mode: Mode
  readonly code: string
}

const isMode = (text: string): text is Mode => text === "run" || text === "no-run" || text === "no-check"

const modeOf = (flag: string, place: string): Mode => {
  const mode = flag === "" ? "run" : flag
  if (isMode(mode)) return mode
  throw new Error(`${place}: an example is \`ts\`, \`ts no-run\` or \`ts no-check\`, not \`ts ${flag}\``)
}

interface Line {
  readonly number: number
  readonly text: string
}

const toLines = (text: string, first: number): ReadonlyArray<Line> =>
  text.split(/\r?\n/).map((each, index) => ({ number: first + index, text: each }))

const opening = /^(\s*)```ts\b(.*)$/

const readBlocks = (file: string, lines: ReadonlyArray<Line>): ReadonlyArray<Example> => {
  const start = lines.findIndex((line) => opening.test(line.text))
  const [, indent = "", flag = ""] = opening.exec(lines[start]?.text ?? "") ?? []
  const first = lines[start]
  if (first === undefined) return []
  const place = `${file}:${first.number}`
  const end = lines.findIndex((line, index) => index > start && line.text.trim() === "```")
  if (end < 0) throw new Error(`${place}: this example is never closed`)
  const body = lines.slice(start + 1, end).map((line) => line.text.slice(indent.length))
  const example = { file, line: first.number + 1, mode: modeOf(flag.trim(), place), code: `${body.join("\n")}\n` }
  return [example, ...readBlocks(file, lines.slice(end + 1))]
}

const docComment = /\/\*\*[\s\S]*?\*\//g

const readComments = (file: string, source: string): ReadonlyArray<Example> =>
  [...source.matchAll(docComment)].flatMap((match) => {
    const first = source.slice(0, match.index).split("\n").length
    const lines = toLines(match[0], first).map((line) => ({ ...line, text: line.text.replace(/^\s*\* ?/, "") }))
    return readBlocks(file, lines)
  })

export const extract = (file: string, source: string): ReadonlyArray<Example> =>
  file.endsWith(".md") ? readBlocks(file, toLines(source, 1)) : readComments(file, source)
