/**
 * Writes recorded.json: what packages decide that are too large to be installed for every run of the tests.
 *
 *     npm install --ignore-scripts --prefix <folder> square@46.0.0 @hubspot/api-client@14.0.1 …
 *     node packages/providers/test/packages/record.ts <folder>
 */
import { readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join, resolve } from "node:path"
import type { Sent } from "../requestOracles.ts"
import { cases, fingerprint, now, provider, textOf } from "./battery.ts"
import { type Recorded, recordings } from "./recordings.ts"

const folder = resolve(process.argv[2] ?? ".", "node_modules")
const load = createRequire(join(folder, "index.js"))

const versionOf = (name: string): string => JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")).version

const valueOf = ({ headers }: Sent, name: string): string | undefined => headers.find(([key]) => key === name)?.[1]

/** What verifies, by the id of the scheme; it throws, or does not return `true`, where a delivery is refused. */
const verifiers: Readonly<Record<string, (sent: Sent, secret: string) => unknown>> = {
  elevenlabs: async (sent, secret) => {
    const { ElevenLabsClient } = load("@elevenlabs/elevenlabs-js")
    const { webhooks } = new ElevenLabsClient({ apiKey: "key" })
    await webhooks.constructEvent(textOf(sent), valueOf(sent, "ElevenLabs-Signature"), secret)
    return true
  },
  "hubspot-v1": (sent, secret) => hubspot("v1", sent, secret),
  "hubspot-v2": (sent, secret) => hubspot("v2", sent, secret),
  "hubspot-v3": (sent, secret) => hubspot("v3", sent, secret),
  square: (sent, secret) => {
    const { WebhooksHelper } = load("square")
    return WebhooksHelper.verifySignature({
      requestBody: textOf(sent),
      signatureHeader: valueOf(sent, "x-square-hmacsha256-signature"),
      signatureKey: secret,
      notificationUrl: sent.url
    })
  },
  "trigger.dev": async (sent, secret) => {
    const { webhooks } = load("@trigger.dev/sdk")
    const headers = new Headers(sent.headers.map(([name, value]) => [name, value]))
    const request = new Request("https://example.com", { method: "POST", headers, body: Buffer.from(sent.body) })
    // It verifies first, and then wants an alert of Trigger.dev's, which no delivery of the battery is.
    return webhooks.constructEvent(request, secret).catch((error: Error) => error.message.startsWith("Webhook parsing"))
  }
}

const hubspot = (signatureVersion: "v1" | "v2" | "v3", sent: Sent, clientSecret: string): unknown => {
  const { Signature } = load("@hubspot/api-client")
  const stamp = valueOf(sent, "X-HubSpot-Request-Timestamp")
  return Signature.isValid({
    signatureVersion,
    method: sent.method,
    url: sent.url,
    requestBody: textOf(sent),
    clientSecret,
    signature: valueOf(sent, signatureVersion === "v3" ? "X-HubSpot-Signature-v3" : "X-HubSpot-Signature"),
    timestamp: stamp === undefined ? undefined : Number(stamp)
  })
}

const record = async (id: string, name: string): Promise<Recorded> => {
  const verify = verifiers[id]
  if (verify === undefined) throw new Error(`${id} has no verifier`)
  const verdicts: Record<string, boolean> = {}
  for (const one of cases(provider(id))) {
    verdicts[one.name] = await Promise.resolve()
      .then(() => verify(one.sent, one.secret))
      .then(
        (answer) => answer === true,
        () => false
      )
  }
  return { package: name, version: versionOf(name), fingerprint: fingerprint(provider(id)), verdicts }
}

Date.now = () => now
const recorded: Record<string, Recorded> = {}
for (const [id, name] of Object.entries(recordings)) recorded[id] = await record(id, name)
writeFileSync(new URL("recorded.json", import.meta.url), `${JSON.stringify(recorded, null, 2)}\n`)
