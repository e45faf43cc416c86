/** The types of an endpoint's options, which make a mistake a readable compile error. */
import type { Schema } from "effect"
import type { HttpMethod } from "effect/http/HttpMethod"

/**
 * The path, or a sentence in its place that says which parameter the path and `params` do not both have. Only the fields
 * of a record are compared: what a schema encodes to is checked where the endpoint is defined.
 */
export type CheckedPath<Path extends string, Params> = [Params] extends [never]
  ? WithoutParams<Path>
  : Params extends Schema.Top
    ? Path
    : Exclude<keyof Params & string, NamesIn<Path>> extends infer Extra extends string
      ? [Extra] extends [never]
        ? [Exclude<NamesIn<Path>, keyof Params>] extends [never]
          ? Path
          : `params does not declare :${Exclude<NamesIn<Path>, keyof Params> & string}, which the path contains`
        : `the path does not contain :${Extra}, which params declares`
      : never

type WithoutParams<Path extends string> = [NamesIn<Path>] extends [never]
  ? Path
  : `params does not declare :${NamesIn<Path>}, which the path contains`

/** The names of a path's parameters; `::` is a colon. */
type NamesIn<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `:${infer After}`
    ? NamesIn<After>
    : NameOf<Rest> | NamesIn<Rest>
  : never

/** A name up to the first character that ends it. */
type NameOf<Rest extends string> = UpTo<UpTo<UpTo<UpTo<UpTo<UpTo<Rest, "/">, ":">, "?">, ".">, "-">, "(">

type UpTo<Text extends string, Mark extends string> = Text extends `${infer Before}${Mark}${string}` ? Before : Text

/** A cache keeps answers to GET and HEAD; only calls by a safe method are shared. */
export type PolicyFits<Method extends HttpMethod> = Method extends "GET" | "HEAD"
  ? {}
  : Method extends "OPTIONS" | "QUERY"
    ? { readonly policy?: { readonly cache?: null } }
    : { readonly policy?: { readonly cache?: null; readonly coalesce?: null } }
