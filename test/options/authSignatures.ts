/** The constructors of the auth room: signatures. */
import { HmacSignature, MessageSignature } from "@causeway/core/auth"
import * as accepted from "./accepted.ts"
import { Shop, secret, redacted, any } from "./authParts.ts"
import type { Row } from "./walk.ts"

const hmacKey = HmacSignature.mac({ hash: "sha256", label: "v1" })

const signatures: ReadonlyArray<Row> = [
  {
    name: "auth/HmacSignature.make",
    options: {
      signature: { _tag: "HeaderList", name: "x-signature", separator: ",", assignment: "=", encoding: "hex" },
      signedContent: "{id}.{timestamp}.{body}",
      keys: [hmacKey],
      timestamp: { at: { _tag: "ListItem", label: "t" }, unit: "seconds" },
      eventId: { _tag: "Header", name: "x-id" },
      keyId: { at: { _tag: "Header", name: "x-key-id" }, value: "1" }
    },
    make: HmacSignature.make,
    accepts: {
      "signature.separator": accepted.text,
      "signature.assignment": accepted.text,
      "timestamp.at.label": accepted.text,
      "keyId.value": accepted.text
    },
    whole: ["keys.0"]
  },
  {
    name: "auth/HmacSignature.layer",
    fullIn: "auth/HmacSignature.make",
    options: {
      integration: Shop,
      signature: {
        signature: HmacSignature.singleHeader("x-s", { encoding: "hex" }),
        signedContent: "{body}",
        keys: [hmacKey]
      },
      secret
    },
    isPositional: true,
    make: (given: { integration: typeof Shop; signature: never; secret: typeof secret }) =>
      HmacSignature.layer(given.integration, given.signature, given.secret),
    accepts: { "signature.signature.prefix": any },
    whole: ["integration", "secret", "signature.keys.0"]
  },
  {
    name: "auth/HmacSignature.singleHeader",
    options: { name: "x-signature", signature: { encoding: "hex", prefix: "v1=" } },
    isPositional: true,
    make: ({ name, signature }: { name: string; signature: never }) => HmacSignature.singleHeader(name, signature),
    accepts: { "signature.prefix": any }
  },
  {
    name: "auth/HmacSignature.headerList",
    options: { name: "x-signature", signature: { separator: ",", assignment: "=", encoding: "hex" } },
    isPositional: true,
    make: ({ name, signature }: { name: string; signature: never }) => HmacSignature.headerList(name, signature),
    accepts: { "signature.separator": accepted.text, "signature.assignment": accepted.text }
  },
  {
    name: "auth/HmacSignature.inField",
    options: { field: HmacSignature.query("sig"), signature: { encoding: "hex", prefix: "v1=" } },
    isPositional: true,
    make: ({ field, signature }: { field: never; signature: never }) => HmacSignature.inField(field, signature),
    accepts: { "field.name": accepted.text, "signature.prefix": any }
  },
  {
    name: "auth/HmacSignature.query",
    options: { query: "sig" },
    isPositional: true,
    make: ({ query }: { query: string }) => HmacSignature.query(query),
    accepts: { query: accepted.text }
  },
  {
    name: "auth/HmacSignature.header",
    options: { header: "x-sig" },
    isPositional: true,
    make: ({ header }: { header: string }) => HmacSignature.header(header)
  },
  {
    name: "auth/HmacSignature.listItem",
    options: { listItem: "v1" },
    isPositional: true,
    make: ({ listItem }: { listItem: string }) => HmacSignature.listItem(listItem)
  },
  {
    name: "auth/HmacSignature.mac",
    options: {
      hash: "sha256",
      encoding: "base64",
      prefix: "whsec_",
      minBytes: 5,
      maxBytes: 50,
      derivation: "sha1",
      idSeparator: ":",
      label: "v1"
    },
    make: HmacSignature.mac,
    accepts: { prefix: any, idSeparator: accepted.text, label: accepted.text }
  },
  {
    name: "auth/MessageSignature.make",
    options: {
      algorithm: "hmac-sha256",
      keyId: "1",
      components: ["@method", { name: "date", parameters: { bs: true } }],
      label: "sig1",
      tag: "app",
      expiresIn: 5_000,
      nonce: true,
      nameAlgorithm: true,
      digest: "sha-256",
      secretEncoding: "base64",
      fieldTypes: { "x-own": "dictionary" }
    },
    make: MessageSignature.make,
    accepts: {
      keyId: accepted.text,
      components: accepted.anyList,
      "components.1.parameters": accepted.allOptional,
      "components.1.parameters.bs": { values: any.values, why: "a parameter is a flag or a text" },
      tag: accepted.text,
      fieldTypes: accepted.allOptional
    },
    open: ["fieldTypes", "components.1.parameters"]
  },
  {
    name: "auth/MessageSignature.layer",
    fullIn: "auth/MessageSignature.make",
    options: { integration: Shop, options: { algorithm: "hmac-sha256", components: ["@method"] }, key: secret },
    isPositional: true,
    make: (given: { integration: typeof Shop; options: never; key: typeof secret }) =>
      MessageSignature.layer(given.integration, given.options, given.key),
    accepts: { "options.components": accepted.anyList },
    whole: ["integration", "key"]
  },
  {
    name: "auth/MessageSignature.field",
    options: { name: "x-own", field: { sf: true, key: "a", bs: true } },
    isPositional: true,
    make: ({ field, name }: { field: never; name: string }) => MessageSignature.field(name, field),
    accepts: { field: accepted.allOptional, "field.key": accepted.text }
  },
  {
    name: "auth/MessageSignature.queryParam",
    options: { queryParam: "a" },
    isPositional: true,
    make: ({ queryParam }: { queryParam: string }) => MessageSignature.queryParam(queryParam),
    accepts: { queryParam: accepted.text }
  },
  {
    name: "auth/MessageSignature.ofRequest",
    options: { component: "@method" },
    isPositional: true,
    make: ({ component }: { component: string }) => MessageSignature.ofRequest(component),
    accepts: { component: accepted.text }
  },
  {
    name: "auth/MessageSignature.contentDigest",
    options: { algorithm: "sha-256" },
    isPositional: true,
    make: ({ algorithm }: { algorithm: "sha-256" }) => MessageSignature.contentDigest("body", algorithm)
  },
  {
    name: "auth/MessageSignature.verifyingKey",
    options: { algorithm: "hmac-sha256", keyId: "1", key: redacted, secretEncoding: "utf8" },
    make: MessageSignature.verifyingKey,
    accepts: { keyId: accepted.text }
  },
  {
    name: "auth/MessageSignature.verify",
    options: {
      keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", key: redacted })],
      required: ["@method"],
      now: 5_000,
      maxAge: 500,
      tolerance: 500,
      label: "sig1",
      tag: "app",
      fieldTypes: { "x-own": "dictionary" }
    },
    make: (options: never) =>
      MessageSignature.verify({ method: "GET", url: "https://api.example.com/", headers: {}, body: "" }, options),
    accepts: {
      keys: { values: ["an empty array", "a function"], why: "a function finds them; without any nothing verifies" },
      required: accepted.anyList,
      now: { values: ["-1"], why: "a time before the epoch" },
      maxAge: accepted.durationInNumbers,
      tolerance: accepted.durationInNumbers,
      label: accepted.text,
      tag: accepted.text,
      fieldTypes: accepted.allOptional
    },
    open: ["fieldTypes"],
    whole: ["keys.0"]
  }
]

export const rows: ReadonlyArray<Row> = signatures
