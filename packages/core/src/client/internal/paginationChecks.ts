/** What the options of the styles of pagination accept. */
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as Pagination from "../Pagination.ts"

const pageShape = { items: OptionCheck.required(OptionCheck.callback), until: OptionCheck.callback }

const moreShape = { ...pageShape, hasMore: OptionCheck.callback }

const targetShape = {
  query: OptionCheck.text,
  payload: OptionCheck.either(Array.isArray, OptionCheck.list(OptionCheck.anyText), OptionCheck.anyText)
}

const countedShape = {
  ...moreShape,
  ...targetShape,
  total: OptionCheck.callback,
  shortPageIsLast: OptionCheck.flag,
  next: OptionCheck.callback
}

const full = OptionCheck.either((value) => typeof value === "function", OptionCheck.callback, OptionCheck.integer(1))

interface Names {
  readonly query?: string
  readonly payload?: string | ReadonlyArray<string>
}

export const checkCursor = OptionCheck.record<Pagination.CursorOptions<never, unknown> & Names>({
  ...moreShape,
  ...targetShape,
  next: OptionCheck.required(OptionCheck.callback)
})

export const checkOffset = OptionCheck.record<Pagination.OffsetOptions<never, unknown> & Names>({
  ...countedShape,
  limit: full
})

export const checkPageNumber = OptionCheck.record<Pagination.PageNumberOptions<never, unknown> & Names>({
  ...countedShape,
  first: OptionCheck.integer(0),
  size: full,
  totalPages: OptionCheck.callback
})

export const checkLinkHeader = OptionCheck.record<Pagination.LinkHeaderOptions<never, unknown>>({
  ...moreShape,
  relation: OptionCheck.text
})

export const checkNextUrl = OptionCheck.record<Pagination.NextUrlOptions<never, unknown>>({
  ...moreShape,
  next: OptionCheck.required(OptionCheck.callback)
})
