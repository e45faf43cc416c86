/**
 * Styles of pagination, which find the next page of a list: by cursor, offset, page number, Link header, or a URL in the body.
 *
 * **When to use**
 *
 * On the `pagination` option of an endpoint that lists. Its method gets `.pages` and `.items`, which are Streams.
 *
 * **Details**
 *
 * Each style takes the schema of a page and then its options, so that the page need not be typed by hand; a style without
 * the schema, whose functions annotate their page's type, fits several endpoints. A page is fetched when the one before it has
 * been consumed, under the same policies as any call. The request of the first page is the caller's; each further page
 * changes one value of it, in the query or the payload, and is encoded again. Names are those
 * of the decoded query and payload; for a query, the encoded name is accepted too.
 *
 * A list ends when `next` has no value, when `until` is true, when `hasMore` is false, or when
 * `total` or `totalPages` is reached. Without any of these, `offset` and `pageNumber` end at an empty page. A page with
 * fewer items than requested is the last one only with `shortPageIsLast`, because providers cap and filter pages.
 *
 * **Gotchas**
 *
 * A page that was requested before ends the stream with `DecodeFailure`, after the items received so far, instead of an endless
 * loop. So does a URL at another origin, because credentials must not be sent there.
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
import { hasRelation, isAbout, type Link, links } from "./internal/linkHeader.ts"
import {
  checkCursor,
  checkLinkHeader,
  checkNextUrl,
  checkOffset,
  checkPageNumber
} from "./internal/paginationChecks.ts"

/**
 * The location of the next page: a changed parameter of the query or value at a path of the payload; a URL, absolute or
 * relative to the page's own; or none. `Invalid` is a response that can't be followed: the stream fails with
 * `DecodeFailure`.
 *
 * @since 0.1.0
 * @category models
 */
export type Next =
  | { readonly _tag: "Query"; readonly name: string; readonly value: unknown }
  | { readonly _tag: "Payload"; readonly path: ReadonlyArray<string>; readonly value: unknown }
  | { readonly _tag: "Url"; readonly url: string }
  | { readonly _tag: "Invalid"; readonly issue: string }
  | undefined

/**
 * A received page: its decoded body, its number of items, its headers by name in lower case, its request URL, its position
 * in this stream (from 0), the number of items before it in this stream, and the query and payload of its request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Arrived<out Page> {
  readonly page: Page
  readonly count: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly url: string
  readonly index: number
  readonly before: number
  /** Decoded, by property name; a parameter without a property is a string under its encoded name. */
  readonly query: Readonly<Record<string, unknown>>
  readonly payload: unknown
}

/**
 * The names of the query and the paths of the payload that a style changes. An endpoint must declare them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Requires {
  readonly query: ReadonlyArray<string>
  readonly payload: ReadonlyArray<ReadonlyArray<string>>
}

/**
 * A style of pagination: the items of a page, the location of the next one, and what the endpoint must declare for it. Any
 * record of these three is a style.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pagination<in Page, out Item> {
  readonly items: (page: Page) => ReadonlyArray<Item>
  readonly next: (arrived: Arrived<Page>) => Next
  readonly requires: Requires
}

/**
 * Options of every style: the items of a page, and when to stop early.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<in Page, out Item> {
  /** Returns all items of a page, which are counted: filter the Stream, not the page. */
  readonly items: (page: Page) => ReadonlyArray<Item>
  /** Ends the list after a page for which it is true, such as one with items that are too old. Default: never. */
  readonly until?: (page: Page, arrived: Arrived<Page>) => boolean
}

/**
 * The part of the request that a style changes: a query parameter, or a value at a path of the payload.
 *
 * @since 0.1.0
 * @category models
 */
export type Target =
  | { readonly query: string; readonly payload?: never }
  | { readonly payload: string | ReadonlyArray<string>; readonly query?: never }

/**
 * Like {@link Target}, for a style whose query parameter has a default.
 *
 * @since 0.1.0
 * @category models
 */
export type OptionalTarget = Target | { readonly query?: never; readonly payload?: never }

interface HasMore<in Page> {
  /** False ends the list, as `has_more` does; true without a next page is a `DecodeFailure`. Default: unknown. */
  readonly hasMore?: (page: Page, arrived: Arrived<Page>) => boolean | null | undefined
}

interface Counted<in Page> extends HasMore<Page> {
  /** The number of items in the list; reaching it ends the list. Default, and if it returns undefined: unknown. */
  readonly total?: (page: Page, arrived: Arrived<Page>) => number | string | null | undefined
  /** Whether a page with fewer items than a full one is the last; needs the size of a full one. Default: false. */
  readonly shortPageIsLast?: boolean
}

/** The number of items in a full page: a constant, or a function of the decoded query of the request. */
type Full = number | ((query: Readonly<Record<string, unknown>>) => number)

/**
 * Options of {@link cursor}, beside its {@link Target}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CursorOptions<in Page, out Item> extends Options<Page, Item>, HasMore<Page> {
  /** The cursor of the next page; null, undefined or an empty string ends the list. */
  readonly next: (page: Page, arrived: Arrived<Page>) => unknown
}

/**
 * Options of {@link offset}, beside its {@link Target}. Default: the query parameter `offset`.
 *
 * @since 0.1.0
 * @category models
 */
export interface OffsetOptions<in Page, out Item> extends Options<Page, Item>, Counted<Page> {
  /** The items of a full page. Default: unknown. */
  readonly limit?: Full
  /** The offset of the next page; null or undefined ends the list. Default: the number of received items is added. */
  readonly next?: (page: Page, arrived: Arrived<Page>) => number | string | null | undefined
}

/**
 * Options of {@link pageNumber}, beside its {@link Target}. Default: the query parameter `page`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PageNumberOptions<in Page, out Item> extends Options<Page, Item>, Counted<Page> {
  /** The number of the first page. Default: 1. */
  readonly first?: number
  /** The items of a full page. Default: unknown. */
  readonly size?: Full
  /** The number of pages in the list. Default, and if it returns undefined: unknown. */
  readonly totalPages?: (page: Page, arrived: Arrived<Page>) => number | string | null | undefined
  /** The number of the next page; null, undefined or an empty string ends the list. Default: one more. */
  readonly next?: (page: Page, arrived: Arrived<Page>) => number | string | null | undefined
}

/**
 * Options of {@link linkHeader}.
 *
 * @since 0.1.0
 * @category models
 */
export interface LinkHeaderOptions<in Page, out Item> extends Options<Page, Item>, HasMore<Page> {
  /** The relation of the link to the next page. Default: `next`. */
  readonly relation?: string
}

/**
 * Options of {@link nextUrl}.
 *
 * @since 0.1.0
 * @category models
 */
export interface NextUrlOptions<in Page, out Item> extends Options<Page, Item>, HasMore<Page> {
  /** The URL of the next page, absolute or relative; null, undefined or an empty string ends the list. */
  readonly next: (page: Page, arrived: Arrived<Page>) => string | null | undefined
}

/**
 * Requests the next page with a value from this one. The list ends without such a value, or when `hasMore` is false.
 *
 * **Example** (A cursor in the payload, as for Notion)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Endpoint, Pagination } from "@causeway/core/client"
 *
 * const Page = Schema.Struct({ results: Schema.Array(Schema.String), next_cursor: Schema.NullOr(Schema.String) })
 *
 * const search = Endpoint.post("search", "/search", {
 *   payload: { query: Schema.String, start_cursor: Schema.optional(Schema.String) },
 *   success: Page,
 *   pagination: Pagination.cursor(Page, {
 *     payload: "start_cursor",
 *     next: (page) => page.next_cursor,
 *     items: (page) => page.results
 *   })
 * })
 *
 * console.assert(search.identifier === "search")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const cursor: {
  <S extends Schema.Constraint, Item>(
    page: S,
    options: CursorOptions<S["Type"], Item> & Target
  ): Pagination<S["Type"], Item>
  <Page, Item>(options: CursorOptions<Page, Item> & Target): Pagination<Page, Item>
} = <Page, Item>(...given: Given<CursorOptions<Page, Item> & Target>): Pagination<Page, Item> => {
  const options = optionsIn(given)
  checkCursor("pagination", options)
  const target = targetOf(options, undefined)
  return style(options, target.requires, (arrived) =>
    unlessLast(options, arrived, () => target.to(options.next(arrived.page, arrived)))
  )
}

/**
 * Requests the next page by the number of items received so far. The list ends at an empty page, or by `total`, `hasMore`
 * or `next`; at a page that is not full only with `shortPageIsLast`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const offset: {
  <S extends Schema.Constraint, Item>(
    page: S,
    options: OffsetOptions<S["Type"], Item> & OptionalTarget
  ): Pagination<S["Type"], Item>
  <Page, Item>(options: OffsetOptions<Page, Item> & OptionalTarget): Pagination<Page, Item>
} = <Page, Item>(...given: Given<OffsetOptions<Page, Item> & OptionalTarget>): Pagination<Page, Item> => {
  const options = optionsIn(given)
  checkOffset("pagination", options)
  const target = targetOf(options, "offset")
  const isLast = lastPage("pagination.limit", options, options.limit)
  return style(options, target.requires, (arrived) => {
    const { count, page } = arrived
    const reached = numberIn(target.of(arrived), 0) + count
    if (options.next !== undefined) return target.to(options.next(page, arrived))
    return isLast(arrived, reached) ? undefined : target.to(reached)
  })
}

/**
 * Requests the next page by its number. The list ends at an empty page, or by `total`, `totalPages`, `hasMore` or `next`; at
 * a page that is not full only with `shortPageIsLast`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const pageNumber: {
  <S extends Schema.Constraint, Item>(
    page: S,
    options: PageNumberOptions<S["Type"], Item> & OptionalTarget
  ): Pagination<S["Type"], Item>
  <Page, Item>(options: PageNumberOptions<Page, Item> & OptionalTarget): Pagination<Page, Item>
} = <Page, Item>(...given: Given<PageNumberOptions<Page, Item> & OptionalTarget>): Pagination<Page, Item> => {
  const options = optionsIn(given)
  checkPageNumber("pagination", options)
  const target = targetOf(options, "page")
  const first = options.first ?? 1
  const isLast = lastPage("pagination.size", options, options.size)
  return style(options, target.requires, (arrived) => {
    const { index, page } = arrived
    const number = numberIn(target.of(arrived), first)
    if (options.next !== undefined) return target.to(options.next(page, arrived))
    const pages = known(options.totalPages?.(page, arrived))
    if (pages !== undefined) return number - first + 1 >= pages ? undefined : target.to(number + 1)
    // The number of items before the caller's first page is known only if it is page `first`.
    const reached = number - index === first ? arrived.before + arrived.count : undefined
    return isLast(arrived, reached) ? undefined : target.to(number + 1)
  })
}

/**
 * Follows the `Link` header with the relation `next`. The list ends without one, and at a link with
 * `results="false"`, as Sentry sends. A link with another `anchor` refers to another resource and is not followed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 * @since 0.1.0
 * @category constructors
 */
export const linkHeader: {
  <S extends Schema.Constraint, Item>(page: S, options: LinkHeaderOptions<S["Type"], Item>): Pagination<S["Type"], Item>
  <Page, Item>(options: LinkHeaderOptions<Page, Item>): Pagination<Page, Item>
} = <Page, Item>(...given: Given<LinkHeaderOptions<Page, Item>>): Pagination<Page, Item> => {
  const options = optionsIn(given)
  checkLinkHeader("pagination", options)
  const relation = options.relation ?? "next"
  return style(options, nothing, (arrived) => unlessLast(options, arrived, () => nextOfLinks(arrived, relation)))
}

const nextOfLinks = ({ headers, url }: Arrived<unknown>, relation: string): Next => {
  const found = links(headers["link"] ?? "")
  if (found === undefined) return { _tag: "Invalid", issue: "the Link header is longer than 16 KiB" }
  return urlNext(linkIn(found, relation, url))
}

const urlNext = (url: string | null | undefined): Next => (isNone(url) ? undefined : { _tag: "Url", url: String(url) })

/**
 * Requests the next page at a URL from this one, absolute or relative to its own. The list ends without a URL.
 *
 * **Example** (Salesforce, Microsoft Graph, Django)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Pagination } from "@causeway/core/client"
 *
 * const Page = Schema.Struct({ records: Schema.Array(Schema.String), nextRecordsUrl: Schema.optional(Schema.String) })
 * const pages = Pagination.nextUrl(Page, { next: (page) => page.nextRecordsUrl, items: (page) => page.records })
 *
 * console.assert(pages.requires.query.length === 0)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const nextUrl: {
  <S extends Schema.Constraint, Item>(page: S, options: NextUrlOptions<S["Type"], Item>): Pagination<S["Type"], Item>
  <Page, Item>(options: NextUrlOptions<Page, Item>): Pagination<Page, Item>
} = <Page, Item>(...given: Given<NextUrlOptions<Page, Item>>): Pagination<Page, Item> => {
  const options = optionsIn(given)
  checkNextUrl("pagination", options)
  return style(options, nothing, (arrived) =>
    unlessLast(options, arrived, () => urlNext(options.next(arrived.page, arrived)))
  )
}

const nothing: Requires = { query: [], payload: [] }

/** The schema of a page is for the types alone. */
type Given<Options> = readonly [options: Options] | readonly [page: Schema.Constraint, options: Options]

const optionsIn = <Options>(given: Given<Options>): Options => (given.length === 1 ? given[0] : given[1])

const style = <Page, Item>(
  { items, until }: Options<Page, Item>,
  requires: Requires,
  next: (arrived: Arrived<Page>) => Next
): Pagination<Page, Item> => ({
  items,
  requires,
  next: (arrived) => (until?.(arrived.page, arrived) === true ? undefined : next(arrived))
})

const isNone = (value: unknown): boolean => value === null || value === undefined || value === "" || value === false

/** Ends the list without a next page, unless `hasMore` is true: then the response is invalid. */
const unlessLast = <Page>(
  { hasMore }: HasMore<Page>,
  arrived: Arrived<Page>,
  next: (arrived: Arrived<Page>) => Next
): Next => {
  const more = hasMore?.(arrived.page, arrived)
  if (more === false) return undefined
  const found = next(arrived)
  return more === true && found === undefined
    ? { _tag: "Invalid", issue: "the page reports more items, but has no cursor or URL of the next page" }
    : found
}

/** Reads and writes the part of a request that a style changes. */
interface Targeted {
  readonly requires: Requires
  readonly of: (arrived: Arrived<unknown>) => unknown
  readonly to: (value: unknown) => Next
}

const targetOf = ({ payload, query }: OptionalTarget, usual: string | undefined): Targeted => {
  if (payload === undefined) return queryTarget(query ?? usual ?? "")
  if (query !== undefined) return invalid("pagination.payload", "given beside pagination.query", "one of the two")
  return payloadTarget(typeof payload === "string" ? [payload] : payload)
}

const queryTarget = (name: string): Targeted => {
  if (name === "") return invalid("pagination.query", "empty", "the name of a query parameter")
  return {
    requires: { query: [name], payload: [] },
    of: ({ query }) => query[name],
    to: (value) => (isNone(value) ? undefined : { _tag: "Query", name, value })
  }
}

const payloadTarget = (path: ReadonlyArray<string>): Targeted => {
  if (path.length === 0 || path.includes("")) {
    return invalid("pagination.payload", JSON.stringify(path), "a property of the payload, or a path of them")
  }
  return {
    requires: { query: [], payload: [path] },
    of: ({ payload }) => path.reduce(propertyOf, payload),
    to: (value) => (isNone(value) ? undefined : { _tag: "Payload", path, value })
  }
}

const propertyOf = (value: unknown, name: string): unknown =>
  // An object has properties of any name, or none.
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined

const invalid = (option: string, actual: string, accepts: string): never => {
  throw new InvalidOption.InvalidOption({ option, actual, accepts })
}

/** Whether a page is the last one, given the number of items received so far; undefined if unknown. */
const lastPage = <Page>(option: string, { hasMore, shortPageIsLast, total }: Counted<Page>, full: Full | undefined) => {
  if (shortPageIsLast === true && full === undefined) {
    invalid("pagination.shortPageIsLast", "true", `false, unless ${option} says how many items a full page has`)
  }
  return (arrived: Arrived<Page>, reached: number | undefined): boolean => {
    const { count, page, query } = arrived
    const all = known(total?.(page, arrived))
    if (all !== undefined && reached !== undefined && reached >= all) return true
    const more = hasMore?.(page, arrived)
    if (typeof more === "boolean") return !more
    const size = typeof full === "function" ? full(query) : full
    return count < (shortPageIsLast === true ? (size ?? 1) : 1)
  }
}

/** A count, which is a string in a header. */
const known = (count: number | string | null | undefined): number | undefined => {
  const number = isNone(count) ? Number.NaN : Number(count)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}

const numberIn = (value: unknown, otherwise: number): number => {
  const number = Number(value ?? otherwise)
  return Number.isFinite(number) ? number : otherwise
}

/**
 * The target of the first link whose relations include `next`; undefined without one, or if it has no
 * results. With the URL of the page, a link whose `anchor` is another one is left out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 * @since 0.1.0
 * @category parsing
 */
export const nextLink = (header: string, url?: string): string | undefined => linkIn(links(header) ?? [], "next", url)

const linkIn = (found: ReadonlyArray<Link>, relation: string, url: string | undefined): string | undefined => {
  const next = found.find((link) => hasRelation(link, relation) && isAbout(link, url))
  return next?.parameters.get("results")?.toLowerCase() === "false" ? undefined : next?.target
}
