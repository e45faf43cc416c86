/** A bare item of RFC 9651, with the kind that says how it is written. */
export type Bare =
  | { readonly kind: "integer" | "decimal" | "date"; readonly value: number }
  | { readonly kind: "string" | "token" | "display"; readonly value: string }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "boolean"; readonly value: boolean }

export type Parameters = ReadonlyMap<string, Bare>

export interface Item {
  readonly bare: Bare
  readonly parameters: Parameters
}

export interface InnerList {
  readonly items: ReadonlyArray<Item>
  readonly parameters: Parameters
}

export type Member = Item | InnerList

/** What a field is, which its text does not tell. */
export type FieldType = "item" | "list" | "dictionary"

export const text = (value: string): Bare => ({ kind: "string", value })
export const integer = (value: number): Bare => ({ kind: "integer", value })
export const yes: Bare = { kind: "boolean", value: true }
export const none: Parameters = new Map()

/** The members of a dictionary; undefined for what is none. A key that is repeated makes it none where that is asked. */
export const parseDictionary = (
  source: string,
  options: { readonly refuseRepeated: boolean } = { refuseRepeated: false }
): ReadonlyMap<string, Member> | undefined => parsed(source, (reader) => reader.dictionary(options.refuseRepeated))

export const parseList = (source: string): ReadonlyArray<Member> | undefined =>
  parsed(source, (reader) => reader.list())

export const parseItem = (source: string): Item | undefined => parsed(source, (reader) => reader.item())

class Malformed extends Error {}

const parsed = <A>(source: string, read: (reader: Reader) => A): A | undefined => {
  try {
    const reader = new Reader(source)
    reader.skip(" ")
    const value = read(reader)
    reader.skip(" ")
    return reader.isAtEnd ? value : undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

class Reader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length
  }

  get #next(): string {
    return this.#source[this.#at] ?? ""
  }

  skip(characters: string): void {
    while (!this.isAtEnd && characters.includes(this.#next)) this.#at += 1
  }

  dictionary(refuseRepeated: boolean): ReadonlyMap<string, Member> {
    const members = new Map<string, Member>()
    this.#separated(() => {
      const key = this.#key()
      if (refuseRepeated && members.has(key)) throw new Malformed()
      members.set(key, this.#take("=") ? this.#member() : { bare: yes, parameters: this.#parameters() })
    })
    return members
  }

  list(): ReadonlyArray<Member> {
    const members: Array<Member> = []
    this.#separated(() => members.push(this.#member()))
    return members
  }

  item(): Item {
    return { bare: this.#bare(), parameters: this.#parameters() }
  }

  #separated(member: () => void): void {
    while (!this.isAtEnd) {
      member()
      this.skip(" \t")
      if (this.isAtEnd) return
      this.#expect(",")
      this.skip(" \t")
      if (this.isAtEnd) throw new Malformed()
    }
  }

  #member(): Member {
    return this.#next === "(" ? this.#innerList() : this.item()
  }

  #innerList(): InnerList {
    this.#expect("(")
    const items: Array<Item> = []
    for (this.skip(" "); !this.#take(")"); this.skip(" ")) {
      items.push(this.item())
      if (this.#next !== " " && this.#next !== ")") throw new Malformed()
    }
    return { items, parameters: this.#parameters() }
  }

  #parameters(): Parameters {
    const parameters = new Map<string, Bare>()
    while (this.#take(";")) {
      this.skip(" ")
      const key = this.#key()
      parameters.set(key, this.#take("=") ? this.#bare() : yes)
    }
    return parameters
  }

  #key(): string {
    return this.#matching(/[a-z*][a-z0-9_.*-]*/y)
  }

  #bare(): Bare {
    const next = this.#next
    if (next === '"') return text(this.#string())
    if (next === ":") return { kind: "bytes", value: this.#bytes() }
    if (next === "?") return { kind: "boolean", value: this.#matching(/\?[01]/y) === "?1" }
    if (next === "@") return this.#date()
    if (next === "%") return { kind: "display", value: this.#display() }
    return /[-0-9]/.test(next)
      ? this.#number()
      : { kind: "token", value: this.#matching(/[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y) }
  }

  #string(): string {
    return this.#matching(/"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y)
      .slice(1, -1)
      .replaceAll(/\\(.)/g, "$1")
  }

  #bytes(): Uint8Array {
    const encoded = this.#matching(/:[A-Za-z0-9+/]*={0,2}:/y).slice(1, -1)
    // A last character that stands alone has too few bits for a byte.
    if (encoded.replace(/(?<!=)=+$/, "").length % 4 === 1) throw new Malformed()
    return Buffer.from(encoded, "base64")
  }

  #date(): Bare {
    this.#expect("@")
    const { kind, value } = this.#number()
    if (kind !== "integer") throw new Malformed()
    return { kind: "date", value }
  }

  #display(): string {
    const encoded = this.#matching(/%"(?:[\x20-\x21\x23-\x24\x26-\x7e]|%[0-9a-f]{2})*"/y).slice(2, -1)
    try {
      return decodeURIComponent(encoded)
    } catch {
      throw new Malformed()
    }
  }

  #number(): { readonly kind: "integer" | "decimal"; readonly value: number } {
    const digits = this.#matching(/-?(?:\d{1,12}\.\d{1,3}|\d{1,15})/y)
    if (/[\d.]/.test(this.#next)) throw new Malformed()
    return { kind: digits.includes(".") ? "decimal" : "integer", value: Number(digits) }
  }

  #matching(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#source) ?? []
    if (found === undefined) throw new Malformed()
    this.#at += found.length
    return found
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false
    this.#at += 1
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new Malformed()
  }
}

export const writeMember = (member: Member): string =>
  "items" in member
    ? `(${member.items.map(writeItem).join(" ")})${writeParameters(member.parameters)}`
    : writeItem(member)

export const writeItem = ({ bare, parameters }: Item): string => writeBare(bare) + writeParameters(parameters)

export const writeList = (members: ReadonlyArray<Member>): string => members.map(writeMember).join(", ")

export const writeDictionary = (members: Iterable<readonly [string, Member]>): string =>
  [...members].map(([key, member]) => key + writeValue(member)).join(", ")

const writeValue = (member: Member): string =>
  "bare" in member && isYes(member.bare) ? writeParameters(member.parameters) : `=${writeMember(member)}`

const writeParameters = (parameters: Parameters): string =>
  [...parameters].map(([key, bare]) => `;${key}${isYes(bare) ? "" : `=${writeBare(bare)}`}`).join("")

const isYes = (bare: Bare): boolean => bare.kind === "boolean" && bare.value

export const writeBare = (bare: Bare): string => {
  switch (bare.kind) {
    case "integer":
      return String(bare.value)
    case "decimal":
      return Number.isInteger(bare.value) ? bare.value.toFixed(1) : String(bare.value)
    case "date":
      return `@${bare.value}`
    case "string":
      return `"${bare.value.replaceAll(/["\\]/g, "\\$&")}"`
    case "token":
      return bare.value
    case "display":
      return `%"${displayed(bare.value)}"`
    case "bytes":
      return `:${base64Of(bare.value)}:`
    case "boolean":
      return bare.value ? "?1" : "?0"
  }
}

const base64Of = ({ buffer, byteLength, byteOffset }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64")

const displayed = (value: string): string =>
  Array.from(new TextEncoder().encode(value), (byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x25
      ? `%${byte.toString(16).padStart(2, "0")}`
      : String.fromCharCode(byte)
  ).join("")
