import { Redacted } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { createHmac } from "node:crypto"
import { sendable, urlOf } from "../signing/outgoing.ts"
import type { Key, MacKey, MacKeys } from "./macKey.ts"
import { fill, type Template } from "./template.ts"

type Request = HttpClientRequest.HttpClientRequest

export interface SingleHeader {
  readonly _tag: "SingleHeader"
  readonly names: ReadonlyArray<string>
  /** Text before the encoded signature, such as `sha256=`. */
  readonly prefix: string
  readonly encoding: Encoding
}

export interface HeaderList {
  readonly _tag: "HeaderList"
  readonly name: string
  /** Between items. */
  readonly separator: string
  /** Between the label and the value of an item. */
  readonly assignment: string
  readonly encoding: Encoding
}

export interface InField {
  readonly _tag: "InField"
  readonly field: { readonly _tag: "Query"; readonly name: string }
  readonly prefix: string
  readonly encoding: Encoding
}

export type Signature = SingleHeader | HeaderList | InField

export type Encoding = "hex" | "base64" | "base64url"

export interface HeaderField {
  readonly _tag: "Header"
  readonly name: string
}

export interface ListItem {
  readonly _tag: "ListItem"
  readonly label: string
}

export type TimestampUnit = "seconds" | "milliseconds" | "rfc3339" | "http-date"

export interface Timestamp {
  readonly at: HeaderField | ListItem
  readonly unit: TimestampUnit
}

/** How requests are signed. */
export interface Profile {
  readonly signature: Signature
  readonly content: Template
  readonly key: MacKey
  readonly keys: MacKeys
  readonly timestamp: Timestamp | undefined
  readonly eventId: HeaderField | undefined
  readonly keyId: { readonly at: HeaderField | undefined; readonly value: string } | undefined
}

/** A signed request, and its signature, which is nobody else's business. */
export interface Signed {
  readonly request: Request
  readonly signature: Redacted.Redacted<string>
}

const units: Readonly<Record<TimestampUnit, (millis: number) => string>> = {
  seconds: (millis) => String(Math.floor(millis / 1_000)),
  milliseconds: (millis) => String(Math.floor(millis)),
  rfc3339: (millis) => new Date(millis).toISOString(),
  "http-date": (millis) => new Date(millis).toUTCString()
}

export const signRequest = (
  given: Request,
  profile: Profile,
  key: Key,
  at: { readonly millis: number; readonly id: string }
): Signed => {
  const timestamp = profile.timestamp === undefined ? "" : units[profile.timestamp.unit](at.millis)
  const keyId = key.id ?? profile.keyId?.value ?? ""
  const request = HttpClientRequest.setHeaders(given, {
    ...headerOf(profile.timestamp?.at, timestamp),
    ...headerOf(profile.eventId, at.id),
    ...headerOf(profile.keyId?.at, keyId)
  })
  const mac = createHmac(profile.key.hash, key.object)
  const source = { request, url: urlOf(request), timestamp, id: at.id, keyId }
  for (const piece of fill(profile.content, source)) mac.update(piece)
  const signature = mac.digest(profile.signature.encoding)
  return { request: placed(request, profile, signature, timestamp), signature: Redacted.make(signature) }
}

const headerOf = (field: HeaderField | ListItem | undefined, value: string): Record<string, string> =>
  field?._tag === "Header" ? { [field.name]: sendable(field.name, value) } : {}

const placed = (
  request: Request,
  { key, signature: at, timestamp }: Profile,
  signature: string,
  time: string
): Request => {
  switch (at._tag) {
    case "SingleHeader":
      return HttpClientRequest.setHeaders(
        request,
        Object.fromEntries(at.names.slice(0, 1).map((name) => [name, at.prefix + signature]))
      )
    case "HeaderList": {
      const item = (label: string, value: string) => `${label}${at.assignment}${value}`
      const first = timestamp?.at._tag === "ListItem" ? [item(timestamp.at.label, time)] : []
      const items = [...first, item(key.label ?? "", signature)]
      return HttpClientRequest.setHeader(request, at.name, items.join(at.separator))
    }
    case "InField":
      return HttpClientRequest.appendUrlParam(request, at.field.name, Redacted.make(at.prefix + signature))
  }
}
