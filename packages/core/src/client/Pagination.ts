/**
 * How to go from one page of a list to the next: by cursor, offset, page number, or the Link header.
 *
 * **When to use**
 *
 * On the `pagination` option of an endpoint that lists. Its method gets `.pages` and `.items`, which are Streams.
 *
 * **Details**
 *
 * Each style takes the schema of a page and then its options, so that the page need not be typed by hand; a style without
 * the schema, whose functions say their page's type, fits several endpoints. A page is fetched when the one before it has been consumed, under the same policies as any call. The request of the
 * first page is the caller's; each further page changes only the query parameter that the style names.
 *
 * **Gotchas**
 *
 * A cursor or link that was seen before ends the stream with `DecodeFailure`, after the items that came, instead of going round for ever. A Link to
 * another origin is refused: credentials do not go there.
 *
 * **Example** (A cursor in the body)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Endpoint, Pagination } from "@causeway/core/client"
 *
 * const Page = Schema.Struct({ data: Schema.Array(Schema.String), next: Schema.NullOr(Schema.String) })
 *
 * const listCharges = Endpoint.get("listCharges", "/charges", {
 *   query: { cursor: Schema.optional(Schema.String) },
 *   success: Page,
 *   pagination: Pagination.cursor(Page, {
 *     query: "cursor",
 *     next: (page) => page.next,
 *     items: (page) => page.data
 *   })
 * })
 *
 * console.assert(listCharges.identifier === "listCharges")
 * ```
 *
 * @since 0.1.0
 */
import type { Schema } from "effect"
import * as InvalidOption from "../policy/InvalidOption.ts"

/**
 * Where the next page is: a query parameter with a new value, an absolute URL, or nowhere.
 *
 * @since 0.1.0
 * @category models
 */
export type Next =
  | { readonly _tag: "Query"; readonly name: string; readonly value: string | number }
  | { readonly _tag: "Url"; readonly url: string }
  | undefined

/**
 * A page that has arrived: its decoded body, its items, its `Link` header, how many items came before it, its number
 * (from 0), and the query that it was asked with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Arrived<Page> {
  readonly page: Page
  readonly count: number
  readonly link: string | undefined
  readonly index: number
  readonly query: Readonly<Record<string, unknown>>
}

/**
 * A style of pagination: the items of a page, and where the next one is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pagination<in Page, out Item> {
  readonly items: (page: Page) => ReadonlyArray<Item>
  readonly next: (arrived: Arrived<Page>) => Next
}

/**
 * What every style asks of a page: its items.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<in Page, out Item> {
  readonly items: (page: Page) => ReadonlyArray<Item>
}

/**
 * Options of {@link cursor}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CursorOptions<in Page, out Item> extends Options<Page, Item> {
  /** The query parameter that takes the cursor. */
  readonly query: string
  /** The cursor of the next page; null, undefined or an empty string ends the list. */
  readonly next: (page: Page) => string | number | null | undefined
}

/**
 * Options of {@link offset}.
 *
 * @since 0.1.0
 * @category models
 */
export interface OffsetOptions<in Page, out Item> extends Options<Page, Item> {
  /** The query parameter that takes the offset. Default: `offset`. */
  readonly query?: string
  /** The items of a full page. Default: unknown, so that an empty page ends the list. */
  readonly limit?: number
}

/**
 * Options of {@link pageNumber}.
 *
 * @since 0.1.0
 * @category models
 */
export interface PageNumberOptions<in Page, out Item> extends Options<Page, Item> {
  /** The query parameter that takes the number. Default: `page`. */
  readonly query?: string
  /** The number of the first page. Default: 1. */
  readonly first?: number
  /** The items of a full page. Default: unknown, so that an empty page ends the list. */
  readonly size?: number
}

/**
 * The next page is asked for with a value that this one holds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const cursor: {
  <S extends Schema.Constraint, Item>(page: S, options: CursorOptions<S["Type"], Item>): Pagination<S["Type"], Item>
  <Page, Item>(options: CursorOptions<Page, Item>): Pagination<Page, Item>
} = <Page, Item>(...given: Given<CursorOptions<Page, Item>>): Pagination<Page, Item> => {
  const { items, next, ...options } = optionsIn(given)
  const name = parameterName(options.query)
  return {
    items,
    next: ({ page }) => {
      const value = next(page)
      return value === null || value === undefined || value === "" ? undefined : { _tag: "Query", name, value }
    }
  }
}

/**
 * The next page begins after as many items as were seen. A page without items, or with fewer than `limit` when that is
 * given, ends the list.
 *
 * @since 0.1.0
 * @category constructors
 */
export const offset: {
  <S extends Schema.Constraint, Item>(page: S, options: OffsetOptions<S["Type"], Item>): Pagination<S["Type"], Item>
  <Page, Item>(options: OffsetOptions<Page, Item>): Pagination<Page, Item>
} = <Page, Item>(...given: Given<OffsetOptions<Page, Item>>): Pagination<Page, Item> => {
  const { items, limit, ...options } = optionsIn(given)
  const name = parameterName(options.query ?? "offset")
  const isLast = lastPage("pagination.limit", limit)
  return {
    items,
    next: ({ count, query }) =>
      isLast(count) ? undefined : { _tag: "Query", name, value: numberIn(query[name], 0) + count }
  }
}

/**
 * The next page has the next number. A page without items, or with fewer than `size` when that is given, ends the list.
 *
 * @since 0.1.0
 * @category constructors
 */
export const pageNumber: {
  <S extends Schema.Constraint, Item>(page: S, options: PageNumberOptions<S["Type"], Item>): Pagination<S["Type"], Item>
  <Page, Item>(options: PageNumberOptions<Page, Item>): Pagination<Page, Item>
} = <Page, Item>(...given: Given<PageNumberOptions<Page, Item>>): Pagination<Page, Item> => {
  const { items, size, ...options } = optionsIn(given)
  const name = parameterName(options.query ?? "page")
  const first = InvalidOption.integer("pagination.first", options.first ?? 1, 0)
  const isLast = lastPage("pagination.size", size)
  return {
    items,
    next: ({ count, query }) =>
      isLast(count) ? undefined : { _tag: "Query", name, value: numberIn(query[name], first) + 1 }
  }
}

/**
 * The next page is the target of the `Link` header whose relation is `next`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 * @since 0.1.0
 * @category constructors
 */
export const linkHeader: {
  <S extends Schema.Constraint, Item>(page: S, options: Options<S["Type"], Item>): Pagination<S["Type"], Item>
  <Page, Item>(options: Options<Page, Item>): Pagination<Page, Item>
} = <Page, Item>(...given: Given<Options<Page, Item>>): Pagination<Page, Item> => ({
  items: optionsIn(given).items,
  next: ({ link }) => {
    const url = link === undefined ? undefined : nextLink(link)
    return url === undefined ? undefined : { _tag: "Url", url }
  }
})

/** The schema of a page is for the types alone. */
type Given<Options> = readonly [options: Options] | readonly [page: Schema.Constraint, options: Options]

const optionsIn = <Options>(given: Given<Options>): Options => (given.length === 1 ? given[0] : given[1])

const parameterName = (name: string): string => {
  if (name !== "") return name
  throw new InvalidOption.InvalidOption({
    option: "pagination.query",
    actual: "empty",
    accepts: "the name of a query parameter"
  })
}

const lastPage = (option: string, full: number | undefined) => {
  const size = full === undefined ? 1 : InvalidOption.integer(option, full, 1)
  return (count: number): boolean => count < size
}

const numberIn = (value: unknown, otherwise: number): number => {
  const number = Number(value ?? otherwise)
  return Number.isFinite(number) ? number : otherwise
}

/** Longer ones are no Link header that a provider would send. */
const longestLink = 16_384

/**
 * The target of the first link whose relations include `next`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 * @since 0.1.0
 * @category parsing
 */
export const nextLink = (header: string): string | undefined => {
  if (header.length > longestLink) return undefined
  return links(header).find(({ relations }) => relations.includes("next"))?.target
}

interface Link {
  readonly target: string
  readonly relations: ReadonlyArray<string>
}

const links = (header: string): ReadonlyArray<Link> => {
  const found: Array<Link> = []
  let at = 0
  while ((at = header.indexOf("<", at)) !== -1) {
    const end = header.indexOf(">", at)
    if (end === -1) break
    const parameters = parametersFrom(header, end + 1)
    found.push({ target: header.slice(at + 1, end), relations: relationsIn(parameters.text) })
    at = parameters.end
  }
  return found
}

/** Up to the next comma outside quotes. */
const parametersFrom = (header: string, start: number): { readonly text: string; readonly end: number } => {
  let quoted = false
  for (let at = start; at < header.length; at += 1) {
    const char = header[at]
    if (char === "\\" && quoted) at += 1
    else if (char === '"') quoted = !quoted
    else if (char === "," && !quoted) return { text: header.slice(start, at), end: at + 1 }
  }
  return { text: header.slice(start), end: header.length }
}

const parameter = /;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/g

/** The first `rel` counts, as RFC 8288 says. */
const relationsIn = (parameters: string): ReadonlyArray<string> => {
  const found = Array.from(parameters.matchAll(parameter)).find(([, name]) => name?.toLowerCase() === "rel")
  return (found?.[2] ?? found?.[3] ?? "").toLowerCase().split(/\s+/)
}
