/**
 * Parses untrusted JSON within limits.
 *
 * **When to use**
 *
 * For JSON from an untrusted source: responses, tokens, webhooks.
 *
 * **Details**
 *
 * - Nesting is limited to `maxDepth` (default: 512), so that decoding a value never overflows the stack.
 * - A `__proto__` key is left out: no copy of the value can change a prototype.
 * - Of duplicate keys the last one counts, as with `JSON.parse`.
 * - An error has the position of the first invalid character, and no part of the text.
 * - {@link parseExact} keeps the digits of numbers that a JavaScript number cannot hold.
 *
 * **Example** (Where the error is)
 *
 * ```ts
 * import { Json } from "@causeway/core/crypto"
 * import { Result } from "effect"
 *
 * const parsed = Json.parse('{"id": 1,}')
 * console.assert(Result.isFailure(parsed))
 * console.assert(Result.merge(Result.mapError(parsed, String)) === "InvalidJson: invalid JSON at position 9 (line 1, column 10)")
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259
 * @since 0.1.0
 */
import { Data, Result } from "effect"
import { parseWithSources } from "./internal/exactNumbers.ts"
import { faultPosition } from "./internal/jsonFault.ts"

/**
 * The text is not JSON (`Syntax`) or is nested too deeply (`Depth`).
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidJson extends Data.TaggedError("InvalidJson")<{
  readonly reason: "Syntax" | "Depth"
  /** The index of the first invalid character. */
  readonly position: number
  /** Counted from 1, as the column is. */
  readonly line: number
  readonly column: number
  /** The limit of nesting. */
  readonly maxDepth: number
}> {
  override get message(): string {
    const where = `at position ${this.position} (line ${this.line}, column ${this.column})`
    return this.reason === "Syntax"
      ? `invalid JSON ${where}`
      : `the JSON is nested more than ${this.maxDepth} levels deep ${where}`
  }
}

/**
 * The limits of a parse.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /** The deepest nesting of arrays and objects; anything but a number of 0 or more throws a `RangeError`. Default: 512. */
  readonly maxDepth?: number
}

const defaultMaxDepth = 512

/**
 * Parses a text.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parse = (text: string, limits: Limits = {}): Result.Result<unknown, InvalidJson> => {
  const maxDepth = depthOf(limits)
  const tooDeepAt = positionTooDeep(text, maxDepth)
  if (tooDeepAt !== undefined) return Result.fail(invalid("Depth", text, { position: tooDeepAt, maxDepth }))
  try {
    const value: unknown = JSON.parse(text)
    if (mayNamePrototype(text)) dropPrototypeKeys(value)
    return Result.succeed(value)
  } catch {
    return Result.fail(invalid("Syntax", text, { position: faultPosition(text), maxDepth }))
  }
}

/**
 * Checks the nesting of a text without parsing it, for a parser that sets no limit itself.
 *
 * @since 0.1.0
 * @category parsing
 */
export const checkDepth = (text: string, limits: Limits = {}): Result.Result<void, InvalidJson> => {
  const maxDepth = depthOf(limits)
  const position = positionTooDeep(text, maxDepth)
  return position === undefined ? Result.void : Result.fail(invalid("Depth", text, { position, maxDepth }))
}

/** Any comparison with NaN is false: it would be no limit. */
const depthOf = ({ maxDepth = defaultMaxDepth }: Limits): number => {
  if (maxDepth >= 0) return maxDepth
  throw new RangeError(`maxDepth must be 0 or more, got ${maxDepth}`)
}

const invalid = (
  reason: "Syntax" | "Depth",
  text: string,
  at: { readonly position: number; readonly maxDepth: number }
): InvalidJson => {
  const before = text.slice(0, at.position)
  const lineStart = before.lastIndexOf("\n") + 1
  const line = before.split("\n").length
  return new InvalidJson({ reason, ...at, line, column: at.position - lineStart + 1 })
}

/** A text without enough brackets is not scanned. */
const positionTooDeep = (text: string, maxDepth: number): number | undefined => {
  if (text.length <= maxDepth) return undefined
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      at = endOfString(text, at)
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1
      if (depth > maxDepth) return at
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1
    }
  }
  return undefined
}

/** The index of the quote that ends the string which begins at `start`. */
const endOfString = (text: string, start: number): number => {
  let at = start
  for (;;) {
    at = text.indexOf('"', at + 1)
    if (at === -1) return text.length
    let escapes = 0
    while (text.charCodeAt(at - 1 - escapes) === 0x5c) escapes += 1
    if (escapes % 2 === 0) return at
  }
}

/** The second form is the start of an escaped underscore. */
const mayNamePrototype = (text: string): boolean => text.includes("__proto__") || text.includes("\\u005")

const dropPrototypeKeys = (value: unknown): void => {
  const left: Array<unknown> = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== "object" || next === null) continue
    Reflect.deleteProperty(next, "__proto__")
    for (const inner of Object.values(next)) left.push(inner)
  }
}

/**
 * A parsed value, and the digits of its numbers whose text differs from that of `String`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Exact {
  readonly value: unknown
  /** The digits of a number at a key (or index) of an object (or array) within `value`. */
  readonly digitsAt: (holder: object, key: string) => string | undefined
  /** The digits of `value` itself. */
  readonly digits: string | undefined
}

/**
 * Parses a text, and keeps the digits of numbers that a JavaScript number cannot represent: integers beyond 2^53, decimals,
 * trailing zeros. It takes several times as long as {@link parse}.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseExact = (text: string, limits: Limits = {}): Result.Result<Exact, InvalidJson> =>
  Result.map(parse(text, limits), () => {
    const kept = new WeakMap<object, Map<string, string>>()
    let digits: string | undefined
    const keep = (holder: object, key: string, source: string): void => {
      if (key === "") digits = source
      const ofHolder = kept.get(holder) ?? new Map<string, string>()
      kept.set(holder, ofHolder.set(key, source))
    }
    const value = parseWithSources(text, keep)
    if (mayNamePrototype(text)) dropPrototypeKeys(value)
    const isNumber = typeof value === "number"
    return { value, digits: isNumber ? digits : undefined, digitsAt: (holder, key) => kept.get(holder)?.get(key) }
  })
