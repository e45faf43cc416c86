import { createHash } from "node:crypto"
import type { Batch, BatchList, EventField, SignatureScheme } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import type { Delivery } from "./delivery.ts"
import * as EventFields from "./eventFields.ts"
import { byBody, nameOf, type Recognition } from "./identity.ts"
import { type Found, itemsAt, type Path } from "./jsonItems.ts"
import { refuse } from "./refusal.ts"

/** One event of a delivery that holds several. */
export interface Item {
  readonly recognition: Recognition
  readonly type: string | undefined
  /** As it is written in the body of the delivery. */
  readonly body: Uint8Array
  /** The media type of its body, where that is not the delivery's. */
  readonly contentType: string | undefined
  /** Where it stands in the JSON of a delivery of several events. */
  readonly path?: Path
}

/** The events of a delivery; `undefined` where it is one itself, because it has none of the lists. */
export const split = ({ batch }: SignatureScheme, delivery: Delivery): ReadonlyArray<Item> | undefined => {
  const found = batch && textOf(batch, delivery)
  if (batch === undefined || found === undefined) return undefined
  const { json, text } = found
  const contentType = batch.formField === undefined ? undefined : "application/json"
  let isBatch = false
  const items: Array<Item> = []
  for (const list of batch.lists) {
    const found = itemsAt(text, list.list)
    if (found === undefined) continue
    isBatch = true
    checkSize(batch, list, items.length + found.length)
    const apart = list.with && apartBy(list.with, json, delivery)
    for (const item of found) items.push({ ...itemOf(list, item, apart), contentType })
  }
  return isBatch ? items : undefined
}

/** The JSON with the lists, as it is written and as it is read. */
const textOf = (
  { formField }: Batch,
  delivery: Delivery
): { readonly text: string; readonly json: unknown } | undefined => {
  const text = formField === undefined ? delivery.jsonText() : delivery.formField(formField)
  const json = formField === undefined ? delivery.json() : delivery.formJson(formField)
  return text === undefined || json === undefined ? undefined : { text, json }
}

/** A path leads through the JSON with the lists, which a form may hold. */
const apartBy = (field: EventField, json: unknown, delivery: Delivery): string | undefined =>
  field._tag === "Body" ? EventFields.textAt(json, field.path) : EventFields.textOf(field, delivery)

const checkSize = ({ maxItems }: Batch, { list }: BatchList, size: number): void => {
  if (size <= maxItems) return
  refuse(Reason.MalformedBody({ field: list.join("."), expected: `a list of at most ${maxItems} items` }))
}

const itemOf = (list: BatchList, { path, text }: Found, apart: string | undefined): Omit<Item, "contentType"> => {
  const json: unknown = JSON.parse(text)
  const name = firstOf(list.id, json) ?? (apart === undefined ? undefined : digestOf(apart, path, text))
  return {
    body: Buffer.from(text),
    path,
    type: firstOf(list.type, json, (texts) => texts.join(".")),
    recognition:
      name === undefined
        ? { ...byBody, isNotification: list.notifies }
        : { name, varies: list.varies, isNotification: false }
  }
}

const digestOf = (apart: string, path: Path, text: string): string =>
  createHash("sha256")
    .update(JSON.stringify([apart, path, text]))
    .digest("hex")

type Paths = ReadonlyArray<ReadonlyArray<string>>

/** The texts at the first paths that all lead to one. */
const firstOf = (
  alternatives: ReadonlyArray<Paths>,
  json: unknown,
  join: (texts: ReadonlyArray<string>) => string = nameOf
): string | undefined => {
  for (const paths of alternatives) {
    const texts = collect(paths, (path) => textsAt(json, path))
    if (texts !== undefined) return join(texts)
  }
  return undefined
}

/** The text at a path, or those of all items where the path has `*`. A flag is a text too: it may say what happened. */
const textsAt = (json: unknown, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const star = path.indexOf("*")
  const value = EventFields.valueAt(json, star < 0 ? path : path.slice(0, star))
  if (star >= 0) {
    return Array.isArray(value) ? collect(value, (item: unknown) => textsAt(item, path.slice(star + 1))) : undefined
  }
  const text = typeof value === "boolean" ? String(value) : EventFields.textAt(value, [])
  return text === undefined || text === "" ? undefined : [text]
}

/** The texts of all, in their order; `undefined` where one has none, or where there is nothing. */
const collect = <A>(
  all: ReadonlyArray<A>,
  textsOf: (each: A) => ReadonlyArray<string> | undefined
): ReadonlyArray<string> | undefined => {
  const texts = all.map(textsOf)
  return texts.length > 0 && texts.every((each) => each !== undefined) ? texts.flat() : undefined
}
