import { createHash } from "node:crypto"
import { type EventField, identitiesOf, type Identity, type SignatureScheme } from "../SignatureScheme.ts"
import type { Delivery } from "./delivery.ts"
import * as EventFields from "./eventFields.ts"

/** By what an inbox recognises an event that comes again. */
export interface Recognition {
  /** Its name; `undefined` for the SHA-256 of the body. */
  readonly name: string | undefined
  /** Whether it is the same event although its body differs. */
  readonly varies: boolean
  /** Whether it is dropped only while another one with its name waits to be handled. */
  readonly isNotification: boolean
}

export const byBody: Recognition = { name: undefined, varies: false, isNotification: false }

/** Whether the id of a scheme says all, which is so for most. */
export const isPlain = ({ batch, identity }: SignatureScheme): boolean => batch === undefined && identity === undefined

export const recognize = (scheme: SignatureScheme, delivery: Delivery): Recognition => {
  const identities = identitiesOf(scheme)
  for (const [index, identity] of identities.entries()) {
    if (identity._tag === "Body" && index < identities.length - 1 && !hasAll(identity.with, delivery)) continue
    const found = recognizeBy(identity, delivery)
    if (found !== undefined) return found
  }
  return byBody
}

const recognizeBy = (identity: Identity, delivery: Delivery): Recognition | undefined => {
  switch (identity._tag) {
    case "Fields": {
      const name = joined(identity.fields, delivery)
      return name === undefined ? undefined : { name, varies: identity.varies, isNotification: false }
    }
    case "Body":
      return identity.without.length > 0 ? byRest(identity.without, delivery) : byWhole(identity.with, delivery)
    case "Notification":
      return { ...byBody, isNotification: true }
  }
}

const byWhole = (fields: ReadonlyArray<EventField>, delivery: Delivery): Recognition =>
  fields.length === 0 ? byBody : { ...byBody, name: digestWith(fields, delivery) }

type Paths = ReadonlyArray<ReadonlyArray<string>>

/** By a JSON body without the values at some paths; a body that is no JSON object has none. */
const byRest = (paths: Paths, delivery: Delivery): Recognition | undefined => {
  const json = delivery.json()
  if (typeof json !== "object" || json === null) return undefined
  const name = createHash("sha256")
    .update(JSON.stringify(paths.reduce(without, json)))
    .digest("hex")
  return { name, varies: true, isNotification: false }
}

/** A copy of JSON without the value at a path, or the JSON itself where there is none. */
const without = (json: unknown, [key = "", ...rest]: ReadonlyArray<string>): unknown => {
  if (typeof json !== "object" || json === null || Array.isArray(json) || !Object.hasOwn(json, key)) return json
  const entries = Object.entries(json)
  return Object.fromEntries(
    rest.length === 0
      ? entries.filter(([name]) => name !== key)
      : entries.map(([name, value]) => [name, name === key ? without(value, rest) : value])
  )
}

/** The texts of all fields, told apart; `undefined` where one is missing. */
const joined = (fields: ReadonlyArray<EventField>, delivery: Delivery): string | undefined => {
  const texts = fields.map((field) => EventFields.identityText(field, delivery))
  const isWhole = texts.every((text) => text !== undefined)
  return isWhole ? nameOf(texts) : undefined
}

const hasAll = (fields: ReadonlyArray<EventField>, delivery: Delivery): boolean =>
  fields.every((field) => EventFields.identityText(field, delivery) !== undefined)

/** Two lists of texts have the same name only if they are the same. */
export const nameOf = (texts: ReadonlyArray<string>): string =>
  texts.length === 1 ? (texts[0] ?? "") : texts.map((text) => text.replaceAll(/[%:]/g, encodeURIComponent)).join(":")

const digestWith = (fields: ReadonlyArray<EventField>, delivery: Delivery): string =>
  fields
    .reduce(
      (digest, field) => digest.update(`${EventFields.identityText(field, delivery) ?? ""}\0`),
      createHash("sha256").update(delivery.body).update("\0")
    )
    .digest("hex")
