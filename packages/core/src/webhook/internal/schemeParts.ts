/** What the parts of a signature scheme accept. */
import type { Duration } from "effect"
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as Scheme from "../SignatureScheme.ts"

const { anyText, flag, integer, list, oneOf, optional, required, text } = OptionCheck

/** A field that a part of a scheme always has, though it may be `undefined`. */
const present = (check: OptionCheck.Check): OptionCheck.Required => required(optional(check))

export const hash = oneOf("sha1", "sha256", "sha512")

export const encoding = oneOf("hex", "base64", "base64url", "utf8")

export const binaryEncoding = oneOf("hex", "base64", "base64url")

export const secretEncoding = oneOf("utf8", "utf8-nfkd", "hex", "hex-any-case", "base64")

export const path = list(text, 1)

const headerShape = { name: required(OptionCheck.httpToken) }

const bodyShape = { path: required(path) }

const formJsonShape = { field: required(text), path: required(path) }

const formShape = { field: required(text) }

const namedShape = { name: required(text) }

/** Fields within a field. */
const anyField: OptionCheck.Check = (option, value) => field(option, value)

const fieldShapes = {
  Header: headerShape,
  Body: bodyShape,
  FormJson: formJsonShape,
  Form: formShape,
  FormXml: formJsonShape,
  Query: namedShape,
  Claim: namedShape,
  Present: { path: required(path), value: required(text) },
  Joined: { fields: required(list(anyField, 2)) }
}

export const field = OptionCheck.tagged<Scheme.EventField>(fieldShapes)

const timestampField = OptionCheck.tagged<Scheme.TimestampField>({
  Header: headerShape,
  ListItem: { label: required(text) },
  Body: bodyShape,
  FormJson: formJsonShape,
  Form: formShape,
  Claim: namedShape
})

export const queryField = OptionCheck.tagged<Scheme.QueryField>({ Query: namedShape })

export const openChallenge = OptionCheck.tagged<Scheme.OpenEcho["challenge"]>({
  Header: headerShape,
  Body: bodyShape,
  Query: namedShape
})

export const headerOrBody = OptionCheck.tagged<Scheme.HeaderField | Scheme.BodyField>({
  Header: headerShape,
  Body: bodyShape
})

export const claimOrQuery = OptionCheck.tagged<Scheme.ClaimField | Scheme.QueryField>({
  Claim: namedShape,
  Query: namedShape
})

export const when = OptionCheck.record<Scheme.When>({
  field: required(field),
  equals: required(anyText),
  absent: field
})

const names = (check: OptionCheck.Check): OptionCheck.Check => OptionCheck.dictionary(check)

const punctuation = OptionCheck.matching("made of commas, semicolons, equals signs and spaces", /^[,;= ]+$/)

export const claims = names(
  OptionCheck.satisfies("a text or a boolean", (value) => typeof value === "string" || typeof value === "boolean")
)

const signature = OptionCheck.tagged<Scheme.Signature>({
  SingleHeader: {
    names: required(list(OptionCheck.httpToken, 1)),
    prefix: required(anyText),
    encoding: required(encoding),
    separator: present(punctuation),
    isRepeated: required(flag)
  },
  HeaderList: {
    name: required(OptionCheck.httpToken),
    separator: required(punctuation),
    assignment: required(punctuation),
    encoding: required(encoding)
  },
  InField: {
    field: required(field),
    prefix: required(anyText),
    encoding: required(encoding),
    separator: present(text),
    assignment: present(text)
  },
  InItems: {
    list: required(list(text)),
    item: required(list(text)),
    signature: required(path),
    encoding: required(encoding)
  },
  Jwt: {
    name: required(OptionCheck.httpToken),
    prefix: required(anyText),
    isPrefixOptional: required(flag),
    issuer: present(text),
    claims: required(claims),
    leewayMillis: required(OptionCheck.number(0)),
    needsExpiry: required(flag)
  }
})

const slot = oneOf(
  ...(["body", "timestamp", "id", "method", "url", "bareUrl", "path", "secret"] satisfies ReadonlyArray<Scheme.Slot>),
  ...(["crc32", "form", "uniqueForm", "sortedUrl", "request", "token"] satisfies ReadonlyArray<Scheme.Slot>)
)

export const listed = { by: required(field), names: required(names(list(text))) }

const part = OptionCheck.tagged<Scheme.ContentPart>({
  Text: { text: required(anyText) },
  Slot: { slot: required(slot) },
  Field: {
    field: required(OptionCheck.tagged<Scheme.EventField | Scheme.ItemField>({ ...fieldShapes, Item: bodyShape })),
    isOptional: required(flag),
    isFree: required(flag)
  },
  NamedHeaders: { listedIn: required(OptionCheck.httpToken) },
  Listed: listed
})

const content: OptionCheck.Check = OptionCheck.record<Scheme.SignedContent>({
  template: required(anyText),
  parts: required(list(part)),
  alternatives: required((option, value) => list(content)(option, value))
})

const template = OptionCheck.either(
  (value) => typeof value === "string",
  anyText,
  OptionCheck.either(Array.isArray, list(anyText), content)
)

export const alternative = OptionCheck.record<Scheme.MacAlternative>({
  encoding: required(secretEncoding),
  prefix: required(anyText)
})

export const certificateHash = OptionCheck.either(
  (value) => typeof value === "string",
  hash,
  OptionCheck.record<Exclude<Scheme.CertificateKey["hash"], string>>({
    field: required(field),
    values: required(names(hash))
  })
)

export const host = OptionCheck.matching(
  "a host name in lower case, with * within a label or {region} as one",
  /^(?:[a-z0-9*-]+|\{region\})(?:\.(?:[a-z0-9*-]+|\{region\}))+$/
)

export const https = OptionCheck.matching("a URL that begins with https://", /^https:\/\/[^/]/)

export const macAlgorithms = list(oneOf("HS256", "HS384", "HS512"), 1)

export const jwkAlgorithm = oneOf("ES256", "RS256")

export const jwkAlgorithms = list(jwkAlgorithm, 1)

const labelled = { label: present(text) }

const key = OptionCheck.tagged<Scheme.KeyForm>({
  Mac: {
    hash: required(hash),
    encoding: required(secretEncoding),
    prefix: required(anyText),
    isPrefixOptional: required(flag),
    minBytes: required(integer(1)),
    maxBytes: required(integer(1)),
    minBytesToSign: required(integer(1)),
    derivation: present(hash),
    idSeparator: present(text),
    alternative: present(alternative),
    ...labelled
  },
  Ed25519: {
    encoding: required(oneOf("hex", "base64")),
    publicPrefix: required(anyText),
    privatePrefix: required(anyText),
    ...labelled
  },
  Ecdsa: labelled,
  Rsa: { hash: required(hash), ...labelled },
  Digest: { hash: required(hash), ...labelled },
  Token: labelled,
  Certificate: {
    url: required(field),
    hosts: required(list(host, 1)),
    path: required(
      OptionCheck.record<Scheme.CertificateKey["path"]>({ prefix: required(anyText), suffix: required(anyText) })
    ),
    hash: required(certificateHash),
    audience: present(field),
    ...labelled
  },
  JwtSecret: {
    algorithms: required(macAlgorithms),
    minBytes: required(integer(1)),
    idSeparator: present(text),
    ...labelled
  },
  JwtKey: { algorithm: required(jwkAlgorithm), ...labelled },
  Jwk: {
    algorithms: required(jwkAlgorithms),
    url: required(https),
    needsAudience: required(flag),
    audienceWith: required(list(text)),
    ...labelled
  }
})

export const tolerance = OptionCheck.either(
  (value) => typeof value === "object" && value !== null && ("past" in value || "future" in value),
  OptionCheck.record<{ readonly past: Duration.Input; readonly future: Duration.Input }>({
    past: required(OptionCheck.positiveDuration),
    future: required(OptionCheck.positiveDuration)
  }),
  OptionCheck.positiveDuration
)

const unit = oneOf("seconds", "milliseconds", "rfc3339", "http-date")

const timestamp = OptionCheck.either(
  (value) => typeof value === "object" && value !== null && "toleranceMillis" in value,
  OptionCheck.record<Scheme.Timestamp>({
    at: required(timestampField),
    unit: required(unit),
    toleranceMillis: required(
      OptionCheck.record<Scheme.Timestamp["toleranceMillis"]>({
        past: required(OptionCheck.number(0)),
        future: required(OptionCheck.number(0))
      })
    ),
    retryToleranceMillis: present(OptionCheck.number(0))
  }),
  OptionCheck.record<Scheme.TimestampOptions>({
    at: required(timestampField),
    unit: required(unit),
    tolerance,
    retryTolerance: OptionCheck.positiveDuration
  })
)

const binding = OptionCheck.record<Scheme.Binding>({
  at: required(claimOrQuery),
  content: required(content),
  hash: present(hash),
  encoding: required(binaryEncoding),
  isOptional: required(flag),
  mayBeAbsentWithoutBody: required(flag)
})

export const status = integer(100, 599)

export const method = oneOf("GET", "POST")

export const jsonKeys = OptionCheck.record<Scheme.SignedProof["jsonKeys"]>({
  challenge: required(text),
  proof: required(text)
})

const handshake = OptionCheck.tagged<Scheme.Handshake>({
  SignedEcho: { when: required(when), echo: required(field), jsonKey: present(text) },
  SignedReply: {
    when: required(when),
    status: required(status),
    contentType: required(text),
    body: required(anyText)
  },
  SignedProof: {
    when: required(when),
    challenge: required(field),
    jsonKeys: required(jsonKeys)
  },
  SignedConfirmation: { when: required(when), url: required(field), hosts: required(list(host, 1)) },
  OpenEcho: {
    method: required(method),
    when: present(when),
    challenge: required(openChallenge),
    verifyToken: present(queryField),
    jsonKey: present(text)
  },
  OpenPing: { name: required(text) },
  OpenProof: { method: required(method), challenge: required(queryField) },
  SecretOffer: { secret: required(headerOrBody), echoes: required(flag) }
})

export const oneOrMore = (check: OptionCheck.Check): OptionCheck.Check =>
  OptionCheck.either(Array.isArray, list(check), check)

const mediaType = OptionCheck.matching(
  "a media type in lower case, such as application/json",
  /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/
)

const acknowledgement = OptionCheck.record<Partial<Scheme.Acknowledgement>>({
  status: OptionCheck.satisfies(
    "a status from 200 to 299",
    (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 299
  ),
  contentType: text,
  body: anyText,
  echo: OptionCheck.httpToken
})

const deliveryShape: Omit<OptionCheck.Shape<Scheme.DeliveryOptions>, "retriedFor" | "answerWithin"> = {
  contentTypes: list(mediaType),
  methods: list(oneOf("POST", "GET", "PUT", "PATCH", "DELETE"), 1),
  probes: list(oneOf("HEAD", "GET")),
  acknowledgement,
  refusal: OptionCheck.record<Partial<Scheme.Refusal>>({ contentType: text, body: anyText, status: integer(400, 499) }),
  resigns: flag,
  maxBytes: integer(1),
  payloadField: text
}

const delivery = OptionCheck.either(
  (value) =>
    typeof value === "object" && value !== null && ("retriedForMillis" in value || "answerWithinMillis" in value),
  OptionCheck.record<Partial<Scheme.Delivery>>({
    ...deliveryShape,
    retriedForMillis: OptionCheck.number(0),
    answerWithinMillis: OptionCheck.number(1)
  }),
  OptionCheck.record<Scheme.DeliveryOptions>({
    ...deliveryShape,
    retriedFor: OptionCheck.duration,
    answerWithin: OptionCheck.positiveDuration
  })
)

const docs = OptionCheck.record<Scheme.Docs>({
  url: required(text),
  checked: required(oneOf("package", "community-package", "documentation", "source", "unchecked"))
})

const identity = OptionCheck.tagged<Scheme.Identity>({
  Fields: {
    fields: required(list(field, 1)),
    per: required(oneOf("event", "delivery")),
    varies: required(flag)
  },
  Body: { with: required(list(field)), without: required(list(path)) },
  Notification: {}
})

/** Paths that are one together, in the order in which they are tried. */
const alternatives = list(list(list(text), 1))

const batch = OptionCheck.record<Scheme.BatchOptions>({
  lists: required(
    list(
      OptionCheck.record<Scheme.BatchList>({
        list: required(list(text)),
        id: required(alternatives),
        type: required(alternatives),
        varies: required(flag),
        notifies: required(flag),
        with: present(field)
      }),
      1
    )
  ),
  maxItems: integer(1),
  formField: text
})

/** The options of a scheme, its parts included. */
export const scheme = OptionCheck.record<Scheme.Options>({
  id: required(text),
  signature: required(signature),
  signedContent: required(template),
  urlForms: list(oneOf("given", "port", "no port", "encoded query", "decoded query"), 1),
  headerAliases: names(OptionCheck.httpToken),
  keys: required(list(key)),
  timestamp,
  eventId: field,
  eventType: list(field),
  identity: oneOrMore(identity),
  batch,
  bindings: list(binding),
  handshake: oneOrMore(handshake),
  delivery,
  docs: required(docs)
})
