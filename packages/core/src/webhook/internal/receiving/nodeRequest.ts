import type { Header } from "../../WebhookEvent.ts"
import type { BodySource } from "./Reading.ts"

/** The pairs of a flat list of names and values, as `node:http` has them. */
export const pairs = (raw: ReadonlyArray<string>): ReadonlyArray<Header> => {
  const headers: Array<Header> = []
  for (let index = 1; index < raw.length; index += 2) headers.push([raw[index - 1] ?? "", raw[index] ?? ""])
  // HTTP/2 lists its pseudo-headers too.
  return headers[0]?.[0].startsWith(":") === true ? headers.filter(([name]) => !name.startsWith(":")) : headers
}

/** A request of `node:http`. */
export interface NodeRequest extends BodySource {
  readonly rawHeaders: ReadonlyArray<string>
  readonly readableDidRead: boolean
}

/** What Effect made a request from, where that is one of Node's. */
export const nodeRequestOf = (source: object): NodeRequest | undefined =>
  "rawHeaders" in source && Array.isArray(source.rawHeaders) && "readableDidRead" in source && "on" in source
    ? // Nothing but a request of Node's has all of these.
      (source as NodeRequest)
    : undefined

/**
 * Whether the bytes can be taken from the source itself, which costs less than to read them as a stream. Only Effect's
 * server can tell a client to continue, and what was begun with elsewhere is better read on there.
 */
export const isOpen = ({ readableDidRead }: NodeRequest, headers: ReadonlyArray<Header>): boolean =>
  !readableDidRead && !headers.some(([name]) => isExpect.test(name))

const isExpect = /^(?:expect|upgrade)$/i
