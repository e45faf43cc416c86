/**
 * Writes docs/webhooks/providers.md from the records of the catalogue: `node scripts/providersTable.ts`. A test holds the
 * page to what this would write.
 */
import type { SignatureScheme } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root } from "./command.ts"

export const page = join(root, "docs/webhooks/providers.md")

type Scheme = SignatureScheme.SignatureScheme

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``

const headersOf = ({ signature }: Scheme): string => {
  if (signature._tag === "HeaderList") return code(signature.name)
  const [first = "", second = "", ...more] = signature.names
  return more.length > 0
    ? `${code(first)} to ${code(more.at(-1) ?? "")}`
    : [first, second]
        .filter(Boolean)
        .map((name) => code(name + (signature.prefix && `: ${signature.prefix}`)))
        .join(", ")
}

const familyOf = (scheme: Scheme): string => {
  const { template } = scheme.signedContent
  if (scheme.keys.every(({ _tag }) => _tag === "Ed25519")) return `ed25519 of ${code(template)}`
  const hashes = scheme.keys.flatMap((key) => (key._tag === "Mac" ? key.hash.toUpperCase() : []))
  const others = scheme.keys.some(({ _tag }) => _tag === "Ed25519") ? " or ed25519" : ""
  return `HMAC-${hashes.join(", ")}${others} of ${code(template)}`
}

const span = (millis: number): string => (millis % 60_000 === 0 ? `${millis / 60_000} min` : `${millis / 1000} s`)

const toleranceOf = ({ timestamp }: Scheme): string => {
  if (timestamp === undefined) return "no time"
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
      return `form ${code([field.field, ...field.path].join("."))}`
  }
}

const idOf = ({ eventId }: Scheme): string => (eventId === undefined ? "hash of the body" : placeOf(eventId))

const typeOf = ({ eventType }: Scheme): string => eventType.map(placeOf).join(", else ") || "none"

const handshakeOf = ({ handshake }: Scheme): string => (handshake === undefined ? "" : "signed echo")

const rowOf = ([id, scheme]: readonly [string, Scheme]): string =>
  [
    `[${id}](${scheme.docs.url})`,
    headersOf(scheme),
    familyOf(scheme),
    toleranceOf(scheme),
    idOf(scheme),
    typeOf(scheme),
    handshakeOf(scheme),
    scheme.docs.checked
  ].join(" | ")

const countOf = (checked: SignatureScheme.Docs["checked"]): number =>
  Object.values<Scheme>(schemes).filter(({ docs }) => docs.checked === checked).length

export const table = (): string => `# Providers

The signature schemes of \`@causeway/providers\`, ${Object.keys(schemes).length} of them: \`schemes["stripe"]\`, or \`StripeWebhook.scheme\` from
\`@causeway/providers/stripe\`. This page is written by \`node scripts/providersTable.ts\` from the records themselves.

The last column says what a record was held against:

- **package** (${countOf("package")}): a test runs the provider's own package, which must come to the same verdicts;
- **documentation** (${countOf("documentation")}): what the provider's documentation says;
- **source** (${countOf("source")}): what other implementations do, without a test that runs one;
- **unchecked** (${countOf("unchecked")}): nothing yet. Try it with a delivery of your own before you rely on it.

Where the tolerance is "no time", a replay is recognised by its id only. An id or a type that is in a header is not covered by
the signature, unless the signed content has \`{id}\`.

| Provider | Signature | Family | Tolerance | Id | Type | Handshake | Checked |
|---|---|---|---|---|---|---|---|
${Object.entries<Scheme>(schemes)
  .map((entry) => `| ${rowOf(entry)} |`)
  .join("\n")}
`

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(page, table())
