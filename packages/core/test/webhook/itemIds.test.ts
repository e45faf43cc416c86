/** The ids of items that hold several things with an id, or say with a flag what happened to one. */
import { Inbox, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { createHmac } from "node:crypto"

const secret = "a secret"

const scheme = SignatureScheme.make({
  id: "acme",
  signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  batch: { lists: [SignatureScheme.items({ list: "items", id: ["sent.*.id+sent.*.state", "id+isDeleted", "id"] })] },
  docs: { url: "https://acme.example/docs", checked: "documentation" }
})

/** The ids that the inbox has after these deliveries, and what became of each of them. */
const receiveAll = (deliveries: ReadonlyArray<unknown>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(1_764_000_000_000)
    const tags: Array<WebhookReceiver.Outcome["_tag"]> = []
    const receive = WebhookReceiver.handle({
      source: "acme",
      scheme,
      secrets: Redacted.make(secret),
      onOutcome: ({ _tag }) => Effect.sync(() => tags.push(_tag))
    })
    for (const items of deliveries) {
      const body = Buffer.from(JSON.stringify({ items }))
      const signature = createHmac("sha256", secret).update(body).digest("hex")
      const headers = [
        ["Acme-Signature", signature],
        ["Content-Type", "application/json"]
      ] as const
      yield* receive({ method: "POST", url: "/hooks", headers, body })
    }
    const inbox = yield* Inbox.Inbox
    return { ids: (yield* inbox.list()).map(({ id }) => id), tags }
  }).pipe(Effect.provide(Inbox.layerMemory), Effect.provide(Logger.layer([])))

describe("the id of an item", () => {
  it.effect("is that of all its parts, so that one with another part is a new event", () =>
    Effect.gen(function* () {
      const [a, b] = [
        { id: "a", state: "sent" },
        { id: "b", state: "read" }
      ]
      const { ids, tags } = yield* receiveAll([[{ sent: [a] }], [{ sent: [a, b] }], [{ sent: [a, b] }]])
      assert.deepStrictEqual(ids, ["a:sent", "a:b:sent:read"])
      assert.deepStrictEqual(tags, ["Stored", "Stored", "Duplicate"])
    })
  )

  it.effect("is another where one of its parts has none, or where there are no parts", () =>
    Effect.gen(function* () {
      const { ids } = yield* receiveAll([[{ id: "x", sent: [{ id: "a" }] }], [{ id: "y", sent: [] }]])
      assert.deepStrictEqual(ids, ["x", "y"])
    })
  )

  it.effect("may have a flag, so that the deletion of a message is not taken for the message", () =>
    Effect.gen(function* () {
      const { ids, tags } = yield* receiveAll([[{ id: "m" }], [{ id: "m", isDeleted: true }]])
      assert.deepStrictEqual(ids, ["m", "m:true"])
      assert.deepStrictEqual(tags, ["Stored", "Stored"])
    })
  )
})
