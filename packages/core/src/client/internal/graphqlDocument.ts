/** A light scan of a GraphQL document: its operations and their variables, as far as a definition is checked by them. */

/** An operation of a document. */
export interface Operation {
  readonly type: "query" | "mutation" | "subscription"
  readonly name: string | undefined
  /** The names of its variables. */
  readonly variables: ReadonlyArray<string>
}

/** The result of a scan; `problem` describes why a text is not a document. */
export interface Scanned {
  readonly operations: ReadonlyArray<Operation>
  /** The variables that are used anywhere outside the lists of variables. */
  readonly used: ReadonlySet<string>
  readonly problem: string | undefined
}

/**
 * A token, which is neither white space nor a comma: a string, a comment, a variable, a name, or one other character. A string that does
 * not end goes on to the end of its line or of the text, so that a text is read once.
 *
 * @see https://spec.graphql.org/September2025/#sec-Language.Source-Text.Lexical-Tokens
 */
const token =
  /"""(?:[^"\\]|\\"""|\\|"(?!""))*(?:""")?|"(?:[^"\\\n]|\\.)*"?|#[^\n\r]*|\$[A-Za-z_]\w*|[A-Za-z_]\w*|[^\s,\uFEFF]/g

const tokensOf = (document: string): ReadonlyArray<string> =>
  Array.from(document.matchAll(token), ([text]) => text).filter((text) => !text.startsWith("#"))

const opening: Readonly<Record<string, string>> = { "{": "}", "(": ")", "[": "]" }
const closing: ReadonlySet<string> = new Set(Object.values(opening))
const types: ReadonlySet<string> = new Set(["query", "mutation", "subscription"])

/** Reads a document once, from its first character to its last. */
export const scanDocument = (document: string): Scanned => {
  const scan = new Scan()
  for (const text of tokensOf(document)) scan.read(text)
  return scan.end()
}

interface Open {
  readonly type: Operation["type"]
  name: string | undefined
  readonly variables: Array<string>
}

class Scan {
  readonly #brackets: Array<string> = []
  readonly #operations: Array<Operation> = []
  readonly #used = new Set<string>()
  #problem: string | undefined
  /** The operation whose head is being read: what stands before its selection. */
  #head: Open | undefined
  /** Whether the head before a selection is that of a fragment, not of an operation. */
  #isFragment = false
  #isInList = false
  /** Whether what may name the operation or declare variables has been read. */
  #isPastList = false

  read(text: string): void {
    if (this.#brackets.length === 0) this.#outside(text)
    if (text.startsWith("$") && text.length > 1) this.#variable(text.slice(1))
    if (Object.hasOwn(opening, text)) this.#brackets.push(opening[text] ?? "")
    else if (closing.has(text) && this.#brackets.pop() !== text) this.#problem ??= `an unexpected "${text}"`
    if (this.#brackets.length === 0 && text === ")") this.#isInList = false
    if (this.#brackets.length === 0 && text === "}") this.#isFragment = false
  }

  /** Between definitions, and in the head of one. */
  #outside(text: string): void {
    if (text === "{") return this.#select()
    if (this.#head !== undefined) return this.#inHead(this.#head, text)
    if (this.#isFragment) return
    if (text === "fragment") this.#isFragment = true
    else if (types.has(text)) {
      // The set holds these three.
      this.#head = { type: text as Operation["type"], name: undefined, variables: [] }
      this.#isPastList = false
    } else this.#problem ??= `an unexpected ${JSON.stringify(text.slice(0, 40))}`
  }

  /** A name, then a list of variables, then directives. */
  #inHead(head: Open, text: string): void {
    if (!this.#isPastList && /^[A-Za-z_]/.test(text)) head.name ??= text
    if (!this.#isPastList && text === "(") this.#isInList = true
    if (text === "(" || text === "@") this.#isPastList = true
  }

  /** A selection without a head is a query without a name. */
  #select(): void {
    if (!this.#isFragment) this.#operations.push(this.#head ?? { type: "query", name: undefined, variables: [] })
    this.#head = undefined
  }

  /** In the list of an operation's head a variable is declared, elsewhere it is used. */
  #variable(name: string): void {
    if (this.#isInList && this.#brackets.length === 1) this.#head?.variables.push(name)
    else this.#used.add(name)
  }

  end(): Scanned {
    if (this.#brackets.length > 0) this.#problem ??= `a missing "${this.#brackets.at(-1)}"`
    if (this.#head !== undefined) this.#problem ??= `a ${this.#head.type} without a selection`
    return { operations: this.#operations, used: this.#used, problem: this.#problem }
  }
}
