/** What the options of signatures accept: HMAC templates, and RFC 9421. */
import { Redacted } from "effect"
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as HmacSignature from "../HmacSignature.ts"
import type * as MessageSignature from "../MessageSignature.ts"

const { anyText, callback, dictionary, either, flag, integer, list, oneOf, optional, record, required, text } =
  OptionCheck

const encoding = oneOf("hex", "base64", "base64url")

const hash = oneOf("sha1", "sha256", "sha512")

const headerShape = { name: required(OptionCheck.httpToken) }

const header = OptionCheck.tagged<HmacSignature.HeaderField>({ Header: headerShape })

const query = OptionCheck.tagged<HmacSignature.InField["field"]>({ Query: { name: required(text) } })

/** A signature of a webhook's scheme says how several of them are told apart, and whether its header may be repeated too. */
interface Separated {
  readonly separator?: string | undefined
  readonly assignment?: string | undefined
}

const separated = { separator: text, assignment: text }

type Signature =
  | (HmacSignature.SingleHeader & Separated & { readonly isRepeated?: boolean | undefined })
  | HmacSignature.HeaderList
  | (HmacSignature.InField & Separated)

const signature = OptionCheck.tagged<Signature>({
  SingleHeader: {
    names: required(list(OptionCheck.httpToken, 1)),
    prefix: required(anyText),
    encoding: required(encoding),
    isRepeated: OptionCheck.flag,
    ...separated
  },
  HeaderList: {
    name: required(OptionCheck.httpToken),
    separator: required(text),
    assignment: required(text),
    encoding: required(encoding)
  },
  InField: { field: required(query), prefix: required(anyText), encoding: required(encoding), ...separated }
})

const keyShape: OptionCheck.Shape<Partial<Omit<HmacSignature.MacKey, "_tag">>> = {
  hash,
  encoding: oneOf("utf8", "hex", "hex-any-case", "base64"),
  prefix: anyText,
  minBytes: integer(1),
  maxBytes: integer(1),
  derivation: hash,
  idSeparator: text,
  label: text
}

const timestamp = record<HmacSignature.Timestamp>({
  at: required(
    OptionCheck.tagged<HmacSignature.Timestamp["at"]>({
      Header: headerShape,
      ListItem: { label: required(text) }
    })
  ),
  unit: required(oneOf("seconds", "milliseconds", "rfc3339", "http-date"))
})

const isNotNull = (value: unknown): value is object => typeof value === "object" && value !== null

/** A key from another room may have further fields. */
const key = OptionCheck.satisfies("what HmacSignature.mac returns", (value) => {
  if (!isNotNull(value) || !("_tag" in value) || value._tag !== "Mac") return false
  for (const [name, check] of Object.entries(keyShape)) optional(check)(name, Reflect.get(value, name))
  return true
})

export const checkHmac = record<HmacSignature.Options>({
  signature: required(signature),
  signedContent: required(anyText),
  keys: required(list(key)),
  timestamp,
  eventId: header,
  keyId: record<NonNullable<HmacSignature.Options["keyId"]>>({ at: header, value: required(text) })
})

export const checkSingleHeader = record<Parameters<typeof HmacSignature.singleHeader>[1]>({
  encoding: required(encoding),
  prefix: anyText
})

export const checkHeaderList = record<Parameters<typeof HmacSignature.headerList>[1]>({
  separator: required(text),
  assignment: required(text),
  encoding: required(encoding)
})

export const checkQuery = query

export const checkMac = record<Parameters<typeof HmacSignature.mac>[0]>({ ...keyShape, hash: required(hash) })

const component = either(
  (value) => typeof value === "string",
  text,
  record<MessageSignature.Component>({
    name: required(text),
    parameters: required(dictionary(either((value) => typeof value === "string", anyText, oneOf(true))))
  })
)

const fieldTypes = dictionary(oneOf("item", "list", "dictionary"))

export const checkMessage = record<MessageSignature.Options>({
  algorithm: required(text),
  keyId: text,
  components: required(list(component)),
  label: text,
  tag: text,
  expiresIn: OptionCheck.positiveDuration,
  nonce: flag,
  nameAlgorithm: flag,
  digest: oneOf("sha-256", "sha-512"),
  secretEncoding: oneOf("utf8", "base64"),
  fieldTypes
})

export const checkField = record<Parameters<typeof MessageSignature.field>[1]>({ sf: flag, key: text, bs: flag })

export const checkComponent = component

export const checkKey = record<Parameters<typeof MessageSignature.verifyingKey>[0]>({
  algorithm: required(text),
  keyId: text,
  key: required(
    OptionCheck.secret(
      "a text, or a Redacted text",
      (value) => typeof value === "string" || (Redacted.isRedacted(value) && typeof Redacted.value(value) === "string")
    )
  ),
  secretEncoding: oneOf("utf8", "base64")
})

export const checkVerify = record<MessageSignature.VerifyOptions>({
  keys: required(
    either(
      (value) => typeof value === "function",
      callback,
      list(
        OptionCheck.satisfies(
          "what MessageSignature.verifyingKey returns",
          (value) => Object(value).keyObject !== undefined
        )
      )
    )
  ),
  required: required(list(component)),
  now: required(OptionCheck.satisfies("a time in milliseconds since the epoch", Number.isFinite)),
  maxAge: OptionCheck.positiveDuration,
  tolerance: OptionCheck.duration,
  label: text,
  tag: text,
  fieldTypes
})

export const checkDigest = oneOf("sha-256", "sha-512")
