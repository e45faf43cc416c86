/** The constructors of the webhook room: signature schemes. */
import { SignatureScheme } from "@causeway/core/webhook"
import * as accepted from "./accepted.ts"
import type { Accepted, Row } from "./walk.ts"

const header = { _tag: "Header", name: "x-field" }

const body = { _tag: "Body", path: ["data", "id"] }

const formJson = { _tag: "FormJson", field: "data", path: ["id"] }

const when = { field: body, equals: "ping", absent: header }

const fieldAccepts = (prefix: string) => ({ [`${prefix}.path.0`]: accepted.text, [`${prefix}.path.1`]: accepted.text })

const whenAccepts = (prefix: string) => ({
  ...fieldAccepts(`${prefix}.field`),
  [`${prefix}.equals`]: accepted.anyText
})

const signatures: ReadonlyArray<Row> = [
  {
    name: "webhook/SignatureScheme.singleHeader",
    options: {
      names: ["x-signature"],
      signature: { encoding: "hex", prefix: "v1=", separator: ",", isRepeated: true }
    },
    isPositional: true,
    make: ({ names, signature }: { names: ReadonlyArray<string>; signature: never }) =>
      SignatureScheme.singleHeader(names, signature),
    accepts: { "signature.prefix": accepted.anyText }
  },
  {
    name: "webhook/SignatureScheme.numberedHeaders",
    options: { name: "x-signature-", signature: { encoding: "hex", count: 3, prefix: "v1=" } },
    isPositional: true,
    make: ({ name, signature }: { name: string; signature: never }) => SignatureScheme.numberedHeaders(name, signature),
    accepts: { "signature.prefix": accepted.anyText }
  },
  {
    name: "webhook/SignatureScheme.headerList",
    options: { name: "x-signature", signature: { separator: ",", assignment: "=", encoding: "hex" } },
    isPositional: true,
    make: ({ name, signature }: { name: string; signature: never }) => SignatureScheme.headerList(name, signature)
  },
  {
    name: "webhook/SignatureScheme.inField",
    options: { field: body, signature: { encoding: "hex", prefix: "v1=", separator: ",", assignment: "=" } },
    isPositional: true,
    make: ({ field, signature }: { field: never; signature: never }) => SignatureScheme.inField(field, signature),
    accepts: {
      ...fieldAccepts("field"),
      "signature.prefix": accepted.anyText,
      "signature.separator": accepted.text,
      "signature.assignment": accepted.text
    }
  },
  {
    name: "webhook/SignatureScheme.inItems",
    options: { list: ["items"], item: ["item"], signature: ["data", "signature"], encoding: "base64" },
    make: SignatureScheme.inItems,
    accepts: {
      list: accepted.anyList,
      "list.0": accepted.text,
      item: accepted.anyList,
      "item.0": accepted.text,
      "signature.0": accepted.text,
      "signature.1": accepted.text
    }
  },
  {
    name: "webhook/SignatureScheme.jwt",
    options: {
      name: "authorization",
      signature: {
        prefix: "Bearer ",
        issuer: "app",
        leeway: "5 seconds",
        isPrefixOptional: true,
        claims: { typ: "event" },
        needsExpiry: true
      }
    },
    isPositional: true,
    make: ({ name, signature }: { name: string; signature: never }) => SignatureScheme.jwt(name, signature),
    accepts: {
      signature: accepted.allOptional,
      "signature.prefix": accepted.anyText,
      "signature.issuer": accepted.text,
      "signature.leeway": accepted.duration,
      "signature.claims": accepted.allOptional,
      "signature.claims.typ": { values: ["an empty text", "a text", "true"], why: "any text, or a flag" }
    },
    open: ["signature.claims"]
  }
]

const label = { label: accepted.text }

const labelOnly = (name: string, make: Row["make"]): Row => ({
  name,
  options: { label: "v1" },
  make,
  accepts: { "": accepted.allOptional, ...label }
})

const keys: ReadonlyArray<Row> = [
  {
    name: "webhook/SignatureScheme.mac",
    options: {
      hash: "sha256",
      encoding: "base64",
      prefix: "whsec_",
      isPrefixOptional: true,
      minBytesToSign: 5,
      minBytes: 5,
      maxBytes: 50,
      derivation: "sha1",
      idSeparator: ":",
      alternative: { encoding: "utf8", prefix: "raw_" },
      label: "v1"
    },
    make: SignatureScheme.mac,
    accepts: { prefix: accepted.anyText, idSeparator: accepted.text, "alternative.prefix": accepted.anyText, ...label }
  },
  labelOnly("webhook/SignatureScheme.ecdsa", SignatureScheme.ecdsa),
  labelOnly("webhook/SignatureScheme.token", SignatureScheme.token),
  {
    name: "webhook/SignatureScheme.rsa",
    options: { hash: "sha256", label: "v1" },
    make: SignatureScheme.rsa,
    accepts: { "": accepted.allOptional, ...label }
  },
  {
    name: "webhook/SignatureScheme.digest",
    options: { hash: "sha256", label: "v1" },
    make: SignatureScheme.digest,
    accepts: label
  },
  {
    name: "webhook/SignatureScheme.ed25519",
    options: { encoding: "base64", publicPrefix: "whpk_", privatePrefix: "whsk_", label: "v1a" },
    make: SignatureScheme.ed25519,
    accepts: { publicPrefix: accepted.anyText, privatePrefix: accepted.anyText, ...label }
  },
  {
    name: "webhook/SignatureScheme.certificate",
    options: {
      url: header,
      hosts: ["keys.example.com"],
      path: { prefix: "/v1/", suffix: ".pem" },
      hash: { field: body, values: { "1": "sha1" } },
      audience: header
    },
    make: SignatureScheme.certificate,
    accepts: {
      path: accepted.allOptional,
      "path.prefix": accepted.anyText,
      "path.suffix": accepted.anyText,
      ...fieldAccepts("hash.field"),
      "hash.values": accepted.allOptional
    },
    open: ["hash.values"]
  },
  {
    name: "webhook/SignatureScheme.jwtSecret",
    options: { algorithms: ["HS256"], minBytes: 5, idSeparator: ":" },
    make: SignatureScheme.jwtSecret,
    accepts: { idSeparator: accepted.text }
  },
  {
    name: "webhook/SignatureScheme.jwtKey",
    options: { algorithm: "ES256" },
    make: SignatureScheme.jwtKey
  },
  {
    name: "webhook/SignatureScheme.jwk",
    options: {
      algorithms: ["ES256"],
      url: "https://keys.example.com/jwks",
      needsAudience: true,
      audienceWith: ["iss"]
    },
    make: SignatureScheme.jwk,
    accepts: { audienceWith: accepted.anyList, "audienceWith.0": accepted.text }
  }
]

const fields: ReadonlyArray<Row> = [
  ...[SignatureScheme.header, SignatureScheme.listItem].map((make) => ({
    name: `webhook/SignatureScheme.${make.name}`,
    options: "field",
    make
  })),
  ...[SignatureScheme.form, SignatureScheme.query, SignatureScheme.claim].map((make) => ({
    name: `webhook/SignatureScheme.${make.name}`,
    options: "field",
    make,
    accepts: { "": accepted.text }
  })),
  {
    name: "webhook/SignatureScheme.formXml",
    options: { field: "payload", path: "id" },
    isPositional: true,
    make: ({ field, path }: { field: string; path: string }) => SignatureScheme.formXml(field, path),
    accepts: { field: accepted.text, path: accepted.text }
  },
  {
    name: "webhook/SignatureScheme.present",
    options: { field: "created", path: "id" },
    isPositional: true,
    make: ({ field, path }: { field: string; path: string }) => SignatureScheme.present(field, path),
    accepts: { field: accepted.text, path: accepted.text }
  },
  {
    name: "webhook/SignatureScheme.joined",
    options: { fields: header },
    isPositional: true,
    make: ({ fields }: { fields: never }) => SignatureScheme.joined(fields, fields)
  },
  {
    name: "webhook/SignatureScheme.body",
    options: { path: "id" },
    isPositional: true,
    make: ({ path }: { path: string }) => SignatureScheme.body(path),
    accepts: { path: accepted.text }
  },
  {
    name: "webhook/SignatureScheme.formJson",
    options: { field: "payload", path: "id" },
    isPositional: true,
    make: ({ field, path }: { field: string; path: string }) => SignatureScheme.formJson(field, path),
    accepts: { field: accepted.text, path: accepted.text }
  }
]

const handshakes: ReadonlyArray<Row> = [
  {
    name: "webhook/SignatureScheme.signedEcho",
    options: { when, echo: body, jsonKey: "challenge" },
    make: SignatureScheme.signedEcho,
    accepts: { ...whenAccepts("when"), ...fieldAccepts("echo"), jsonKey: accepted.text }
  },
  {
    name: "webhook/SignatureScheme.signedReply",
    options: { when, body: "{}", status: 200, contentType: "application/json" },
    make: SignatureScheme.signedReply,
    accepts: { ...whenAccepts("when"), body: accepted.anyText, contentType: accepted.text }
  },
  {
    name: "webhook/SignatureScheme.signedProof",
    options: { when, challenge: body, jsonKeys: { challenge: "plain", proof: "encrypted" } },
    make: SignatureScheme.signedProof,
    accepts: {
      ...whenAccepts("when"),
      ...fieldAccepts("challenge"),
      "jsonKeys.challenge": accepted.text,
      "jsonKeys.proof": accepted.text
    }
  },
  {
    name: "webhook/SignatureScheme.signedConfirmation",
    options: { when, url: body, hosts: ["keys.example.com"] },
    make: SignatureScheme.signedConfirmation,
    accepts: { ...whenAccepts("when"), ...fieldAccepts("url") }
  },
  {
    name: "webhook/SignatureScheme.openEcho",
    options: {
      method: "GET",
      challenge: { _tag: "Query", name: "challenge" },
      when,
      verifyToken: { _tag: "Query", name: "token" },
      jsonKey: "challenge"
    },
    make: SignatureScheme.openEcho,
    accepts: {
      "challenge.name": accepted.text,
      "verifyToken.name": accepted.text,
      ...whenAccepts("when"),
      jsonKey: accepted.text
    }
  },
  { name: "webhook/SignatureScheme.openPing", options: "ping", make: SignatureScheme.openPing },
  {
    name: "webhook/SignatureScheme.openProof",
    options: { method: "GET", challenge: { _tag: "Query", name: "crc_token" } },
    make: SignatureScheme.openProof,
    accepts: { "challenge.name": accepted.text }
  },
  {
    name: "webhook/SignatureScheme.secretOffer",
    options: { secret: body, handshake: { echoes: true } },
    isPositional: true,
    make: ({ handshake, secret }: { handshake: never; secret: never }) =>
      SignatureScheme.secretOffer(secret, handshake),
    accepts: { ...fieldAccepts("secret"), handshake: accepted.allOptional }
  }
]

const identities: ReadonlyArray<Row> = [
  {
    name: "webhook/SignatureScheme.byFields",
    options: { fields: [header], identity: { per: "event", varies: true } },
    isPositional: true,
    make: ({ fields, identity }: { fields: never; identity: never }) => SignatureScheme.byFields(fields, identity),
    accepts: { identity: accepted.allOptional }
  },
  {
    name: "webhook/SignatureScheme.byBody",
    options: { field: header },
    isPositional: true,
    make: ({ field }: { field: never }) => SignatureScheme.byBody(field)
  },
  {
    name: "webhook/SignatureScheme.byBodyWithout",
    options: { without: "retries" },
    isPositional: true,
    make: ({ without }: { without: string }) => SignatureScheme.byBodyWithout(without),
    accepts: { without: accepted.text }
  },
  {
    name: "webhook/SignatureScheme.items",
    options: { list: "events", id: ["id"], type: "type", varies: true, notifies: true, with: "time" },
    make: SignatureScheme.items,
    accepts: {
      "": accepted.allOptional,
      list: accepted.anyText,
      id: { values: ["a text", "an empty array"], why: "one path, or a list of them" },
      "id.0": accepted.text,
      type: { values: ["a text", "an empty array"], why: "one path, or a list of them" },
      with: accepted.text
    }
  },
  {
    name: "webhook/SignatureScheme.textOf",
    options: { signedContent: "{url}", bindings: { at: { _tag: "Claim", name: "url" }, isOptional: true } },
    isPositional: true,
    make: ({ bindings, signedContent }: { bindings: never; signedContent: string }) =>
      SignatureScheme.textOf(signedContent, bindings),
    accepts: { signedContent: accepted.anyText, "bindings.at.name": accepted.text }
  },
  {
    name: "webhook/SignatureScheme.make (retryTolerance)",
    options: {
      id: "app",
      signature: SignatureScheme.singleHeader("x-signature", { encoding: "hex" }),
      signedContent: "{timestamp}.{body}",
      keys: [SignatureScheme.mac({ hash: "sha256" })],
      timestamp: { at: header, unit: "seconds", tolerance: 500, retryTolerance: 5_000 },
      docs: { url: "https://docs.example.com", checked: "documentation" }
    },
    fullIn: "webhook/SignatureScheme.make",
    make: SignatureScheme.make,
    accepts: {
      "signature.prefix": accepted.anyText,
      "keys.0.prefix": accepted.anyText,
      "keys.0.idSeparator": accepted.text,
      "timestamp.tolerance": accepted.durationInNumbers,
      "docs.url": accepted.text
    }
  }
]

const parts: ReadonlyArray<Row> = [
  {
    name: "webhook/SignatureScheme.hashOf",
    options: {
      signedContent: "{body}",
      bindings: {
        at: { _tag: "Claim", name: "bodyHash" },
        hash: "sha256",
        encoding: "hex",
        isOptional: true,
        mayBeAbsentWithoutBody: true
      }
    },
    isPositional: true,
    make: ({ bindings, signedContent }: { bindings: never; signedContent: string }) =>
      SignatureScheme.hashOf(signedContent, bindings),
    accepts: { signedContent: accepted.anyText, "bindings.at.name": accepted.text }
  },
  {
    name: "webhook/SignatureScheme.listedFields",
    options: { by: formJson, names: { "1": ["id", "amount"] } },
    make: SignatureScheme.listedFields,
    accepts: {
      "by.field": accepted.text,
      "by.path.0": accepted.text,
      names: accepted.allOptional,
      "names.1": accepted.anyList,
      "names.1.0": accepted.text,
      "names.1.1": accepted.text
    },
    open: ["names"]
  },
  {
    name: "webhook/SignatureScheme.withTolerance",
    options: { past: "1 hour", future: 500 },
    make: (tolerance: SignatureScheme.Tolerance) =>
      SignatureScheme.withTolerance(SignatureScheme.standardWebhooks, tolerance),
    accepts: { "": accepted.duration, past: accepted.duration, future: accepted.durationInNumbers }
  }
]

const wholeItem: Accepted = { values: ["an empty array"], why: "the item itself" }

/** What `items` makes: lists of alternatives, of parts, of paths. */
const itemsAccept = {
  "batch.lists.0.list": { values: ["an empty array"], why: "the body itself is the list" } as const,
  "batch.lists.0.list.0": accepted.text,
  "batch.lists.0.id": accepted.anyList,
  "batch.lists.0.id.0.0": wholeItem,
  "batch.lists.0.id.0.0.0": accepted.text,
  "batch.lists.0.type": accepted.anyList,
  "batch.lists.0.type.0.0": wholeItem,
  "batch.lists.0.type.0.0.0": accepted.text,
  "batch.lists.0.with.path.0": accepted.text
}

const scheme: Row = {
  name: "webhook/SignatureScheme.make",
  omits: ["timestamp.retryTolerance"],
  options: {
    id: "app",
    signature: { _tag: "HeaderList", name: "x-signature", separator: ",", assignment: "=", encoding: "hex" },
    signedContent: ["{timestamp}.{body}", "{body}"],
    keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
    urlForms: ["given"],
    headerAliases: { "x-other": "x-signature" },
    identity: [SignatureScheme.byFields(SignatureScheme.header("x-field"))],
    batch: {
      lists: [SignatureScheme.items({ list: "events", id: "id", type: "type", with: "time" })],
      maxItems: 50,
      formField: "events"
    },
    timestamp: { at: header, unit: "seconds", tolerance: "5 minutes" },
    eventId: header,
    eventType: [body],
    bindings: [],
    handshake: [SignatureScheme.openPing("ping")],
    delivery: {
      contentTypes: ["application/json"],
      probes: ["HEAD"],
      methods: ["POST"],
      resigns: false,
      maxBytes: 500,
      payloadField: "payload",
      answerWithin: "5 seconds",
      acknowledgement: { status: 202, contentType: "text/plain", body: "ok", echo: "x-echo" },
      refusal: { contentType: "text/plain", body: "no", status: 401 },
      retriedFor: "1 day"
    },
    docs: { url: "https://docs.example.com", checked: "documentation" }
  },
  make: SignatureScheme.make,
  open: ["headerAliases"],
  accepts: {
    "signedContent.1": accepted.anyText,
    "keys.0.prefix": accepted.anyText,
    "keys.0.idSeparator": accepted.text,
    "timestamp.tolerance": accepted.duration,
    eventType: accepted.anyList,
    ...fieldAccepts("eventType.0"),
    handshake: accepted.anyList,
    "handshake.0.name": accepted.text,
    delivery: accepted.allOptional,
    "delivery.contentTypes": accepted.anyList,
    "delivery.probes": accepted.anyList,
    "delivery.acknowledgement": accepted.allOptional,
    "delivery.acknowledgement.contentType": accepted.text,
    "delivery.acknowledgement.body": accepted.anyText,
    "delivery.refusal": accepted.allOptional,
    "delivery.refusal.contentType": accepted.text,
    "delivery.refusal.body": accepted.anyText,
    "delivery.retriedFor": accepted.duration,
    "delivery.payloadField": accepted.text,
    "delivery.answerWithin": accepted.duration,
    headerAliases: accepted.allOptional,
    identity: accepted.anyList,
    ...itemsAccept,
    "batch.formField": accepted.text,
    "docs.url": accepted.text
  }
}

export const rows: ReadonlyArray<Row> = [
  ...signatures,
  ...keys,
  ...fields,
  ...handshakes,
  ...identities,
  ...parts,
  scheme
]
