/**
 * Writes docs/webhooks/providers.md from the records of the catalogue: `node scripts/providersTable.ts`. A test holds the
 * page to what this would write.
 */
import { SignatureScheme } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { type Difference, differences } from "../packages/providers/test/packages/differences.ts"
import { Duration } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root } from "./command.ts"

export const page = join(root, "docs/webhooks/providers.md")

type Scheme = SignatureScheme.SignatureScheme

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``

const withPrefix = (name: string, prefix: string): string => code(prefix === "" ? name : `${name}: ${prefix.trim()}`)

const signatureOf = ({ signature }: Scheme): string => {
  switch (signature._tag) {
    case "HeaderList":
      return code(signature.name)
    case "Jwt":
      return withPrefix(signature.name, signature.prefix)
    case "InField":
      return placeOf(signature.field)
    case "InItems":
      return `each item of body ${code(signature.list.join("."))}`
    case "SingleHeader":
      return namesOf(signature.names, signature.prefix)
  }
}

const namesOf = (names: ReadonlyArray<string>, prefix: string): string =>
  names.length > 2
    ? `${code(names[0] ?? "")} to ${code(names.at(-1) ?? "")}`
    : names.map((name) => withPrefix(name, prefix)).join(", ")

const algorithmOf = (key: SignatureScheme.KeyForm): string => {
  switch (key._tag) {
    case "Mac":
      return `HMAC-${key.hash.toUpperCase()}`
    case "Digest":
      return key.hash.toUpperCase()
    case "Ed25519":
      return "ed25519"
    case "Ecdsa":
      return "ECDSA P-256"
    case "Rsa":
      return "RSA"
    case "Certificate":
      return "RSA by certificate"
    case "Token":
      return "shared token"
    case "JwtKey":
      return `JWT ${key.algorithm}`
    case "JwtSecret":
    case "Jwk":
      return `JWT ${key.algorithms.join(", ")}`
  }
}

const contentsOf = ({ bindings, signedContent }: Scheme): ReadonlyArray<string> =>
  [signedContent, ...bindings.map(({ content }) => content)]
    .map(({ template }) => (template === "{listed}" ? "listed fields" : template))
    .filter((template) => template !== "" && template !== "{token}")

const familyOf = (scheme: Scheme): string => {
  const algorithms = scheme.keys.map(algorithmOf).join(" or ")
  const contents = contentsOf(scheme).map((template) => code(template.replaceAll("\n", "\\n")))
  return [algorithms, ...contents.slice(0, 1).map((each) => `of ${each}`), ...contents.slice(1)].join(" ")
}

const span = (millis: number): string => (millis % 60_000 === 0 ? `${millis / 60_000} min` : `${millis / 1000} s`)

const toleranceOf = (scheme: Scheme): string => {
  const { timestamp } = scheme
  if (timestamp === undefined) return scheme.signature._tag === "Jwt" ? "`exp`" : "no time"
  const { future, past } = timestamp.toleranceMillis
  return past === future ? span(past) : `${span(past)} past, ${span(future)} ahead`
}

const placeOf = (field: SignatureScheme.EventField): string => {
  switch (field._tag) {
    case "Header":
      return code(field.name)
    case "Body":
      return `body ${code(field.path.join("."))}`
    case "FormJson":
    case "FormXml":
      return `form ${code([field.field, ...field.path].join("."))}`
    case "Joined":
      return field.fields.map(placeOf).join(" and ")
    case "Present":
      return `${code(field.value)} where it is in the body`
    case "Form":
      return `form ${code(field.field)}`
    case "Query":
      return `query ${code(field.name)}`
    case "Claim":
      return `claim ${code(field.name)}`
  }
}

const idOf = ({ eventId }: Scheme): string => (eventId === undefined ? "none" : placeOf(eventId))

const typeOf = ({ batch, eventType }: Scheme): string => {
  const kinds = eventType.every(({ _tag }) => _tag === "Present") && eventType.length > 3
  const own = kinds ? "the member that is in the body" : eventType.map(placeOf).join(", else ")
  const items = [...new Set((batch?.lists ?? []).map(({ type }) => type.map(pathsOf).join(", else ")).filter(Boolean))]
  return [items.length === 0 ? [] : `of an item ${items.join("; ")}`, own === "" ? [] : own].flat().join("; ") || "none"
}

const pathsOf = (paths: ReadonlyArray<ReadonlyArray<string>>): string =>
  paths.map((path) => code(path.join("."))).join(" and ")

const identityOf = (scheme: Scheme): string =>
  SignatureScheme.identitiesOf(scheme)
    .map((identity) => {
      switch (identity._tag) {
        case "Fields":
          return identity.fields.map(placeOf).join(" and ") + (identity.varies ? ", whatever the body" : "")
        case "Body":
          return ["the body", ...identity.with.map(placeOf)].join(" and ") + withoutOf(identity)
        case "Notification":
          return "none: the same bytes wait once"
      }
    })
    .join(", else ")

const withoutOf = ({ without }: SignatureScheme.BodyIdentity): string =>
  without.length === 0 ? "" : ` without ${pathsOf(without)}`

const batchOf = ({ batch }: Scheme): string =>
  (batch?.lists ?? [])
    .map(({ id, list, with: apart }) => {
      const place = list.length === 0 ? "the body" : code(list.join("."))
      return `${place} by ${id.map(pathsOf).join(", else ") || ["its bytes", ...(apart ? [placeOf(apart)] : [])].join(" and ")}`
    })
    .join("; ")

const timestampsOf = ({ delivery: { resigns }, timestamp }: Scheme): string => {
  if (timestamp === undefined) return "no time"
  if (resigns !== undefined) return resigns ? "new" : "kept"
  return "unknown"
}

const capOf = ({ delivery: { maxBytes } }: Scheme): string =>
  maxBytes === undefined ? "" : `${Math.round((maxBytes / 1024 / 1024) * 10) / 10} MiB`

const waitOf = ({ delivery: { answerWithinMillis } }: Scheme): string =>
  answerWithinMillis === undefined ? "" : `${answerWithinMillis / 1000} s`

const samplesFolder = join(root, "packages/providers/test/samples")

/** How many sample deliveries a scheme is tested with, and where they are from. */
const samplesOf = (id: string): string => {
  const file = join(samplesFolder, `${id}.json`)
  if (!existsSync(file)) return "none"
  // The tests hold each file to this shape.
  const { samples } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly samples: ReadonlyArray<{ readonly kind: string }>
  }
  const kinds = Map.groupBy(samples, ({ kind }) => kind)
  return [...kinds].map(([kind, of]) => `${of.length} ${kind}`).join(", ")
}

const handshakeNames: Readonly<Record<SignatureScheme.Handshake["_tag"], string>> = {
  SignedEcho: "echo of a signed challenge",
  SignedReply: "reply to a signed ping",
  SignedProof: "HMAC of a signed challenge",
  SignedConfirmation: "signed request to fetch a URL",
  OpenEcho: "echo of a challenge",
  OpenPing: "ping without a signature",
  OpenProof: "challenge to sign",
  SecretOffer: "secret in the first request"
}

const handshakeOf = ({ handshake }: Scheme): string =>
  [handshake ?? []]
    .flat()
    .map(({ _tag }) => handshakeNames[_tag])
    .join(", ")

const retriesOf = ({ delivery: { retriedForMillis } }: Scheme): string =>
  retriedForMillis === undefined ? "unknown" : Duration.format(Duration.millis(retriedForMillis))

const typesOf = ({ delivery }: Scheme): string => delivery.contentTypes?.map(code).join(", ") ?? "any"

const answerOf = ({ delivery: { acknowledgement, probes, refusal } }: Scheme): string =>
  [
    acknowledgement === undefined ? [] : describeAnswer(acknowledgement),
    refusal === undefined ? [] : `refused ${describeBody(refusal)}`,
    probes.map((method) => `200 to a ${method}`)
  ]
    .flat()
    .join(", ")

const describeAnswer = ({ body, status }: SignatureScheme.Acknowledgement): string =>
  `${status} ${describeBody({ body })}`

const describeBody = ({ body }: { readonly body: string }): string => (body === "" ? "without a body" : code(body))

const rowOf = ([id, scheme]: readonly [string, Scheme]): string =>
  [
    `[${id}](${scheme.docs.url})`,
    signatureOf(scheme),
    familyOf(scheme),
    toleranceOf(scheme),
    idOf(scheme),
    identityOf(scheme),
    batchOf(scheme),
    typeOf(scheme),
    handshakeOf(scheme),
    [scheme.delivery.methods.filter((method) => method !== "POST"), typesOf(scheme)].flat().join(", "),
    capOf(scheme),
    answerOf(scheme),
    waitOf(scheme),
    retriesOf(scheme),
    timestampsOf(scheme),
    samplesOf(id),
    scheme.docs.checked
  ].join(" | ")

const countOf = (checked: SignatureScheme.Docs["checked"]): number =>
  Object.values<Scheme>(schemes).filter(({ docs }) => docs.checked === checked).length

const differenceOf = ([id, { laxer = [], narrower = [] }]: readonly [string, Difference]): string =>
  [id, laxer.join(", "), narrower.join(", ")].join(" | ")

export const table = (): string => `# Providers

The signature schemes of \`@causeway/providers\`, ${Object.keys(schemes).length} of them: \`schemes["stripe"]\`, or \`StripeWebhook.scheme\` from
\`@causeway/providers/stripe\`. This page is written by \`node scripts/providersTable.ts\` from the records themselves.

The last column says what a record was held against:

- **package** (${countOf("package")}): a test holds it against the verdicts of the provider's own package, which it runs, or which were recorded;
- **community-package** (${countOf("community-package")}): the same with a package of its community;
- **documentation** (${countOf("documentation")}): what the provider's documentation says, or its own published source;
- **source** (${countOf("source")}): what other implementations do, without a test that runs one;
- **unchecked** (${countOf("unchecked")}): nothing yet. Try it with a delivery of your own before you rely on it.

Where the tolerance is "no time", a replay is recognised by its id only; with "\`exp\`", a token says itself when it ends. An id or a
type that is in a header is not covered by the signature, unless the signed content has it.

What makes an event the same is explained in [receiving](receiving.md#what-makes-an-event-the-same); "whatever the body" stands where
a repeated delivery differs by a counter. A batch is split at the lists that are named, each item known by the fields after "by".
A cap is given where the provider documents one above the receiver's 1 MiB. "Timestamp then" says whether a repeated delivery is
signed with a new timestamp or keeps the first one; where it is kept, a receiver takes it for as long as the provider repeats it.
Samples are deliveries from documentation, packages and captured requests, which a test plays through a receiver.

A receiver takes deliveries of the media types that are named, and those that name none. Where no answer is named, any 2xx is
right. How long an event is sent again, by itself or on request, is given where it is documented; an inbox with the scheme knows ids for twice as long,
and for at least 30 days.

| Provider | Signature | Family | Tolerance | Id | What makes an event the same | Batch | Type | Handshake | Methods beside POST, media types | Cap | Answer | Waits for it | Sent again for | Timestamp then | Samples | Checked |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
${Object.entries<Scheme>(schemes)
  .map((entry) => `| ${rowOf(entry)} |`)
  .join("\n")}

## Where a package decides otherwise

A battery of deliveries is put before each package and before us: genuine, forged, old, malformed, signed though unusual. Both
decide alike but for these. What a package is laxer about is refused here; what was signed is accepted here, whatever its bytes.

| Scheme | The package accepts, and we refuse | It was signed, we accept, and the package refuses |
|---|---|---|
${Object.entries(differences)
  .toSorted(([left], [right]) => (left < right ? -1 : 1))
  .map((entry) => `| ${differenceOf(entry)} |`)
  .join("\n")}
`

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(page, table())
