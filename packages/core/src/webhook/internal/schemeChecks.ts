/** What the constructors of a signature scheme and of its parts accept. */
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as Scheme from "../SignatureScheme.ts"
import * as Part from "./schemeParts.ts"

const { anyText, flag, integer, list, oneOf, required, text } = OptionCheck

type Fixed<Form> = Omit<Form, "_tag">

const within =
  (prefix: string, check: OptionCheck.Check) =>
  (value: unknown): void =>
    check(`SignatureScheme${prefix}`, value)

export const checkScheme = within("", Part.scheme)

export const checkTolerance = within(".tolerance", Part.tolerance)

export const checkTemplate = within(".signedContent", anyText)

export const checkField = within(".field", Part.field)

export const checkPath = within(".path", Part.path)

export const checkFieldName = within(".field", text)

export const checkName = within(".name", text)

export const checkHeaderNames = within(
  ".signature.names",
  OptionCheck.either((names) => typeof names === "string", OptionCheck.anyText, list(OptionCheck.anyText))
)

export const checkSecretField = within(".handshake.secret", Part.headerOrBody)

export const checkSingleHeader = within(
  ".signature",
  OptionCheck.record<NonNullable<Parameters<typeof Scheme.singleHeader>[1]>>({
    encoding: required(Part.encoding),
    prefix: anyText,
    separator: text,
    isRepeated: flag
  })
)

export const checkNumberedHeaders = within(
  ".signature",
  OptionCheck.record<Parameters<typeof Scheme.numberedHeaders>[1]>({
    encoding: required(Part.encoding),
    count: required(integer(1, 100)),
    prefix: anyText
  })
)

export const checkInField = within(
  ".signature",
  OptionCheck.record<Parameters<typeof Scheme.inField>[1]>({
    encoding: required(Part.encoding),
    prefix: anyText,
    separator: text,
    assignment: text
  })
)

export const checkInItems = within(
  ".signature",
  OptionCheck.record<Fixed<Scheme.InItems>>({
    list: required(list(text)),
    item: required(list(text)),
    signature: required(Part.path),
    encoding: required(Part.encoding)
  })
)

export const checkJwt = within(
  ".signature",
  OptionCheck.record<NonNullable<Parameters<typeof Scheme.jwt>[1]>>({
    prefix: anyText,
    isPrefixOptional: flag,
    issuer: text,
    claims: Part.claims,
    leeway: OptionCheck.positiveDuration,
    needsExpiry: flag
  })
)

export const checkHeaderList = within(
  ".signature",
  OptionCheck.record<Parameters<typeof Scheme.headerList>[1]>({
    separator: required(text),
    assignment: required(text),
    encoding: required(Part.encoding)
  })
)

export const checkMac = within(
  ".keys",
  OptionCheck.record<Parameters<typeof Scheme.mac>[0]>({
    hash: required(Part.hash),
    encoding: Part.secretEncoding,
    prefix: anyText,
    isPrefixOptional: flag,
    minBytes: integer(1),
    maxBytes: integer(1),
    minBytesToSign: integer(1),
    derivation: Part.hash,
    idSeparator: text,
    alternative: Part.alternative,
    label: text
  })
)

export const checkLabel = within(".keys", OptionCheck.record<{ readonly label?: string }>({ label: text }))

export const checkRsa = within(
  ".keys",
  OptionCheck.record<NonNullable<Parameters<typeof Scheme.rsa>[0]>>({ hash: Part.hash, label: text })
)

export const checkDigest = within(
  ".keys",
  OptionCheck.record<Parameters<typeof Scheme.digest>[0]>({ hash: required(Part.hash), label: text })
)

export const checkCertificate = within(
  ".keys",
  OptionCheck.record<Parameters<typeof Scheme.certificate>[0]>({
    url: required(Part.field),
    hosts: required(list(Part.host, 1)),
    path: OptionCheck.record<{ readonly prefix?: string; readonly suffix?: string }>({
      prefix: anyText,
      suffix: anyText
    }),
    hash: required(Part.certificateHash),
    audience: Part.field
  })
)

export const checkJwtSecret = within(
  ".keys",
  OptionCheck.record<Parameters<typeof Scheme.jwtSecret>[0]>({
    algorithms: required(Part.macAlgorithms),
    minBytes: integer(1),
    idSeparator: text
  })
)

export const checkJwk = within(
  ".keys",
  OptionCheck.record<Parameters<typeof Scheme.jwk>[0]>({
    algorithms: required(Part.jwkAlgorithms),
    url: required(Part.https),
    needsAudience: flag,
    audienceWith: list(text)
  })
)

export const checkJwtKey = within(
  ".keys",
  OptionCheck.record<Parameters<typeof Scheme.jwtKey>[0]>({ algorithm: required(Part.jwkAlgorithm) })
)

export const checkTextOf = within(
  ".bindings",
  OptionCheck.record<Parameters<typeof Scheme.textOf>[1]>({
    at: required(OptionCheck.tagged<Scheme.ClaimField>({ Claim: { name: required(text) } })),
    isOptional: flag
  })
)

export const checkItems = within(
  ".batch",
  OptionCheck.record<NonNullable<Parameters<typeof Scheme.items>[0]>>({
    list: anyText,
    id: Part.oneOrMore(text),
    type: Part.oneOrMore(text),
    varies: flag,
    notifies: flag,
    with: OptionCheck.either((value) => typeof value === "string", text, Part.field)
  })
)

export const checkByFields = within(
  ".identity",
  OptionCheck.record<NonNullable<Parameters<typeof Scheme.byFields>[1]>>({
    per: oneOf("event", "delivery"),
    varies: flag
  })
)

export const checkFields = within(
  ".identity.fields",
  OptionCheck.either(Array.isArray, list(Part.field, 1), Part.field)
)

export const checkPaths = within(".identity.without", list(text, 1))

export const checkHashOf = within(
  ".bindings",
  OptionCheck.record<Parameters<typeof Scheme.hashOf>[1]>({
    at: required(Part.claimOrQuery),
    hash: required(Part.hash),
    encoding: required(Part.binaryEncoding),
    isOptional: flag,
    mayBeAbsentWithoutBody: flag
  })
)

export const checkListed = within(".signedContent", OptionCheck.record<Fixed<Scheme.ListedPart>>(Part.listed))

export const checkEd25519 = within(
  ".keys",
  OptionCheck.record<Parameters<typeof Scheme.ed25519>[0]>({
    encoding: required(oneOf("hex", "base64")),
    publicPrefix: required(anyText),
    privatePrefix: required(anyText),
    label: text
  })
)

export const checkSignedEcho = within(
  ".handshake",
  OptionCheck.record<Parameters<typeof Scheme.signedEcho>[0]>({
    when: required(Part.when),
    echo: required(Part.field),
    jsonKey: text
  })
)

export const checkSignedReply = within(
  ".handshake",
  OptionCheck.record<Parameters<typeof Scheme.signedReply>[0]>({
    when: required(Part.when),
    body: required(anyText),
    status: Part.status,
    contentType: text
  })
)

export const checkSignedProof = within(
  ".handshake",
  OptionCheck.record<Fixed<Scheme.SignedProof>>({
    when: required(Part.when),
    challenge: required(Part.field),
    jsonKeys: required(Part.jsonKeys)
  })
)

export const checkSignedConfirmation = within(
  ".handshake",
  OptionCheck.record<Parameters<typeof Scheme.signedConfirmation>[0]>({
    when: required(Part.when),
    url: required(Part.field),
    hosts: required(list(Part.host, 1))
  })
)

export const checkOpenEcho = within(
  ".handshake",
  OptionCheck.record<Parameters<typeof Scheme.openEcho>[0]>({
    method: required(Part.method),
    challenge: required(Part.openChallenge),
    when: Part.when,
    verifyToken: Part.queryField,
    jsonKey: text
  })
)

export const checkOpenProof = within(
  ".handshake",
  OptionCheck.record<Fixed<Scheme.OpenProof>>({ method: required(Part.method), challenge: required(Part.queryField) })
)

export const checkSecretOffer = within(
  ".handshake",
  OptionCheck.record<{ readonly echoes?: boolean }>({ echoes: flag })
)
