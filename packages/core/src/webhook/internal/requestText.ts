import { Reason } from "../WebhookError.ts"
import { type Delivery, maxUrlLength } from "./delivery.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import { type Form, maxFields } from "./formBody.ts"
import { refuse } from "./refusal.ts"

const byName = ([left]: readonly [string, string], [right]: readonly [string, string]): number =>
  left < right ? -1 : Number(left > right)

const byNameAndValue = (left: readonly [string, string], right: readonly [string, string]): number =>
  byName(left, right) || byName([left[1], ""], [right[1], ""])

const formOf = (delivery: Delivery): Form =>
  delivery.form() ??
  refuse(Reason.MalformedBody({ field: "form", expected: `a form in UTF-8, of at most ${maxFields} fields` }))

/** The fields of a form, sorted, with nothing between names and values. */
export const formText = (delivery: Delivery): string =>
  formOf(delivery)
    .toSorted(byNameAndValue)
    .map((pair) => pair.join(""))
    .join("")

export const uniqueFormText = (delivery: Delivery): string => {
  const sorted = formOf(delivery).toSorted(byNameAndValue)
  return sorted
    .filter((pair, index) => index === 0 || byNameAndValue(sorted[index - 1] ?? pair, pair) !== 0)
    .map((pair) => pair.join(""))
    .join("")
}

export const sortedUrl = (delivery: Delivery): string => {
  const url = urlOf(delivery)
  const query = [...url.searchParams]
    .toSorted(byNameAndValue)
    .map((pair) => pair.join("="))
    .join("&")
  const hasForm = formOf(delivery).length > 0
  return `${url.origin}${url.pathname}${query !== "" || hasForm ? "?" : ""}${query}${query !== "" && hasForm ? "." : ""}`
}

export const bareUrl = (delivery: Delivery): string => {
  const { origin, pathname } = urlOf(delivery)
  return origin + pathname
}

export const path = (delivery: Delivery): string => {
  const { pathname, search } = urlOf(delivery)
  return pathname + search
}

/** @see https://developer.atlassian.com/cloud/bitbucket/query-string-hash/ */
export const canonicalRequest = (delivery: Delivery): string => {
  const { pathname, searchParams } = urlOf(delivery)
  const path = (pathname.replace(/\/$/, "") || "/").replaceAll("&", "%26")
  const pairs = [...searchParams]
    .filter(([name]) => name !== "jwt")
    .map(([name, value]) => [encode(name), encode(value)] as const)
  const byEncodedName = Map.groupBy(pairs.toSorted(byNameAndValue), ([name]) => name)
  const query = [...byEncodedName].map(([name, group]) => `${name}=${group.map(([, value]) => value).join(",")}`)
  return [delivery.method.toUpperCase(), path, query.join("&")].join("&")
}

const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
  )

const urlOf = (delivery: Delivery): URL =>
  delivery.parsedUrl() ??
  refuse(Reason.InvalidInput({ option: "url", expected: `an absolute URL of at most ${maxUrlLength} characters` }))

const maxNamedHeaders = 64

/** The headers that a header lists, in its order. No value may look as if the next header began within it. */
export const namedHeaders = (delivery: Delivery, listedIn: string): string => {
  const names = headerNames(delivery, listedIn)
  const values = names.map((name) => DeliveryHeaders.required(delivery.headers, name))
  if (names.length > 1 && values.some((value) => names.some((name) => value.includes(`;${name}:`)))) {
    malformed(listedIn, "a list of headers that are told apart by their values")
  }
  return names.map((name, index) => `${name}:${values[index]}`).join(";")
}

export const headerNames = (delivery: Delivery, listedIn: string): ReadonlyArray<string> => {
  const names = DeliveryHeaders.required(delivery.headers, listedIn)
    .split(",", maxNamedHeaders + 1)
    .map((name) => name.trim().toLowerCase())
  return names.length <= maxNamedHeaders && new Set(names).size === names.length
    ? names
    : malformed(listedIn, `at most ${maxNamedHeaders} different header names`)
}

const malformed = (header: string, expected: string): never => refuse(Reason.MalformedHeader({ header, expected }))

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

/** The CRC-32 that zlib computes, in decimal. */
export const crc32 = (bytes: Uint8Array): string => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return String((crc ^ 0xffffffff) >>> 0)
}
