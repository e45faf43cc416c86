import { Inbox, type InboxStore, InboxStoreMemory } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer, Schema } from "effect"
import { inspect } from "node:util"
import { expectTypeOf } from "vitest"
import { inboxSuite } from "./inboxSuite.ts"
import { inboxFailureSuite } from "./inboxFailureSuite.ts"
import { inboxArrivalSuite } from "./inboxArrivalSuite.ts"
import { inboxTextSuite } from "./inboxTextSuite.ts"

inboxSuite("memory", Inbox.layerMemory)
inboxFailureSuite("memory", Inbox.layerMemory)
inboxArrivalSuite("memory", Inbox.layerMemory)
inboxTextSuite("memory", Inbox.layerMemory)

const events = { opened: Schema.Struct({ number: Schema.Int }) }
const handle = { opened: () => Effect.void }

describe("Inbox", () => {
  it("a nonsense option fails where the worker is made, with its name", () => {
    assert.throws(() => Inbox.run({ source: "github", events, handle, concurrency: 0 }), /concurrency/)
    assert.throws(() => Inbox.run({ source: "github", events, handle, lease: 0 }), /lease/)
    assert.throws(() => Inbox.run({ source: "github", events, handle, maxAttempts: 1.5 }), /maxAttempts/)
    assert.throws(() => InboxStoreMemory.make({ capacity: 0 }), /capacity/)
  })

  it("a handler for a type without a schema is refused", () => {
    const stray = { ...handle, closed: () => Effect.void }
    assert.throws(() => Inbox.run({ source: "github", events, handle: stray }), /"closed".*opened/)
  })

  it.effect("printing an event shows neither its body nor its headers", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const body = new TextEncoder().encode("planted")
      const put = yield* inbox.store({ source: "github", id: "a", headers: [["x-custom", "planted"]], body })
      const event = yield* inbox.get(put.key)
      assert.notInclude(inspect(event, { depth: 9 }) + JSON.stringify(event), "planted")
      assert.notInclude(inspect(event, { depth: 9 }), "112, 108")
    }).pipe(Effect.provide(Inbox.layerMemory))
  )

  it.effect("a full memory store forgets what is finished, and refuses when nothing is", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const store = (id: string) => inbox.store({ source: "github", id, headers: [], body: new Uint8Array() })
      const first = yield* store("a")
      yield* store("b")
      const error = yield* Effect.flip(store("c"))
      assert.strictEqual(error._tag, "InboxStoreError")
      yield* inbox.discard(first.key)
      assert.strictEqual((yield* store("c"))._tag, "Stored")
    }).pipe(Effect.provide(Layer.provide(Inbox.layer, InboxStoreMemory.layer({ capacity: 2 }))))
  )
})

class Mirror extends Context.Service<Mirror, { readonly add: (number: number) => Effect.Effect<void> }>()("Mirror") {}

describe("the types of a worker", () => {
  it.effect("each handler gets the type of its schema, and what the handlers need is needed by the worker", () =>
    Effect.gen(function* () {
      const worker = Inbox.run({
        source: "github",
        events: { opened: Schema.Struct({ number: Schema.Int }), closed: Schema.Struct({ reason: Schema.String }) },
        handle: {
          opened: (event) => {
            expectTypeOf(event).toEqualTypeOf<{ readonly number: number }>()
            return Effect.flatMap(Mirror, (mirror) => mirror.add(event.number))
          },
          closed: (event, delivery) => {
            expectTypeOf(event.reason).toEqualTypeOf<string>()
            return Effect.fail(Inbox.permanent(delivery.id))
          }
        }
      })
      expectTypeOf(worker).toEqualTypeOf<Effect.Effect<never, never, Inbox.Inbox | InboxStore.InboxStore | Mirror>>()
      const added = yield* Deferred.make<number>()
      const inbox = yield* Inbox.Inbox
      const body = new TextEncoder().encode('{"number":7}')
      yield* inbox.store({ source: "github", id: "a", type: "opened", headers: [], body })
      const mirror = { add: (number: number) => Effect.asVoid(Deferred.succeed(added, number)) }
      yield* Effect.forkChild(Effect.provideService(worker, Mirror, mirror))
      assert.strictEqual(yield* Deferred.await(added), 7)
    }).pipe(Effect.provide(Inbox.layerMemory))
  )

  it("a missing handler does not compile", () => {
    assert.throws(() =>
      // @ts-expect-error: "closed" has a schema and no handler
      Inbox.run({ source: "github", events: { ...events, closed: Schema.Struct({}) }, handle, concurrency: 0 })
    )
  })
})
