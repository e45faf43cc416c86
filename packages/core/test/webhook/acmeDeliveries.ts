/** Deliveries of a provider that signs the body, and a receiver of them with an inbox in memory. */
import { Inbox, type InboxStore, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
import { it } from "@effect/vitest"
import { Effect, Logger, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { createHmac } from "node:crypto"

export const secret = "a secret"
export const now = 1_764_000_000_000

export const base = {
  id: "acme",
  signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  docs: { url: "https://acme.example/docs", checked: "documentation" }
} as const satisfies SignatureScheme.Options

export const request = (
  content: string,
  headers: ReadonlyArray<readonly [string, string]> = [],
  type = "application/json"
): WebhookReceiver.Request => ({
  method: "POST",
  url: "/hooks",
  headers: [
    ["Acme-Signature", createHmac("sha256", secret).update(content).digest("hex")],
    ["Content-Type", type],
    ...headers
  ],
  body: Buffer.from(content)
})

/** A receiver, and what became of what it was sent. */
export const open = (scheme: SignatureScheme.SignatureScheme, options: { readonly splitBatches?: boolean } = {}) => {
  const outcomes: Array<WebhookReceiver.Outcome> = []
  const receive = WebhookReceiver.handle({
    source: "acme",
    scheme,
    secrets: Redacted.make(secret),
    publicOrigin: "https://hooks.example.com",
    onOutcome: (outcome) => Effect.sync(() => outcomes.push(outcome)),
    ...options
  })
  return { outcomes, receive, tags: () => outcomes.map(({ _tag }) => _tag) }
}

export const test = (fact: string, program: Effect.Effect<unknown, unknown, Inbox.Inbox | InboxStore.InboxStore>) =>
  it.effect(fact, () =>
    Effect.andThen(TestClock.setTime(now), program).pipe(
      Effect.provide(Inbox.layerMemory),
      Effect.provide(Logger.layer([]))
    )
  )

export const stored = Effect.gen(function* () {
  const inbox = yield* Inbox.Inbox
  const events = yield* inbox.list({ source: "acme" })
  return events.map(({ id, type }) => ({ id, type }))
})
