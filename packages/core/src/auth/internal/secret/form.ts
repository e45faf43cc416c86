import { Config, Redacted, Schema, SchemaIssue } from "effect"
import * as InvalidOption from "../../../policy/InvalidOption.ts"

/**
 * What a secret must look like. A secret that is blank, or holds a line break, is refused without being asked to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Form {
  /** How it begins, such as `sk_test_`; one of them when there are several. Default: anything. */
  readonly startsWith?: string | ReadonlyArray<string>
  /** What it matches. Default: anything. */
  readonly pattern?: RegExp
}

/** What is wrong with a secret, in words that do not show it. */
export type Judge = (secret: Redacted.Redacted<string>) => string | undefined

export const compileForm = ({ pattern, startsWith }: Form): Judge => {
  const beginnings = (typeof startsWith === "string" ? [startsWith] : (startsWith ?? [])).map((beginning) =>
    InvalidOption.nonEmpty("secret.startsWith", beginning)
  )
  return (secret) => {
    const value = Redacted.value(secret)
    return alwaysWrong(value) ?? beginsOtherwise(value, beginnings) ?? matchesNot(value, pattern)
  }
}

const alwaysWrong = (value: string): string | undefined => {
  if (value.trim() === "") return "is empty"
  if (/[\r\n]$/.test(value)) return "ends in a line break, which is not a part of it"
  return /[\r\n\0]/.test(value) ? "holds a line break or a NUL" : undefined
}

const beginsOtherwise = (value: string, beginnings: ReadonlyArray<string>): string | undefined => {
  if (beginnings.length === 0 || beginnings.some((beginning) => value.startsWith(beginning))) return undefined
  const accepted = beginnings.map((beginning) => JSON.stringify(beginning)).join(" or ")
  return `does not begin with ${accepted}: it may belong to another environment`
}

const matchesNot = (value: string, pattern: RegExp | undefined): string | undefined => {
  if (pattern === undefined) return undefined
  // A global or sticky pattern remembers where it was.
  pattern.lastIndex = 0
  return pattern.test(value) ? undefined : `does not match ${String(pattern)}`
}

export const configError = (message: string): Config.ConfigError =>
  new Config.ConfigError(new Schema.SchemaError(new SchemaIssue.InvalidValue({ message })))
