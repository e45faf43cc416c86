import { Inbox, SignatureScheme } from "@causeway/core/webhook"
import { assert, describe } from "@effect/vitest"
import { Deferred, Effect, Schema } from "effect"
import { base, open, request, stored, test } from "./acmeDeliveries.ts"

const { body, header } = SignatureScheme

describe("a body that counts how often it was sent", () => {
  const scheme = SignatureScheme.make({
    ...base,
    identity: SignatureScheme.byBodyWithout("retries", "meta.attempt")
  })

  test(
    "is the same event whatever the counters say, and another one where anything else differs",
    Effect.gen(function* () {
      const { receive, tags } = open(scheme)
      yield* receive(request(`{"a":[1],"retries":0,"meta":{"b":2,"attempt":1}}`))
      yield* receive(request(`{"a":[1],"retries":1,"meta":{"b":2,"attempt":2}}`))
      yield* receive(request(`{"a":[1],"meta":{"b":2}}`))
      yield* receive(request(`{"a":[2],"retries":0,"meta":{"b":2,"attempt":1}}`))
      yield* receive(request(`{"a":[1],"retries":0,"meta":{"b":3,"attempt":1}}`))
      yield* receive(request(`{"a":[1],"retries":0,"meta":{"b":2,"retries":1}}`))
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Duplicate", "Stored", "Stored", "Stored"])
    })
  )

  test(
    "is recognised by all of its bytes where it is no JSON object with the counters",
    Effect.gen(function* () {
      const { receive, tags } = open(scheme)
      for (const content of ["retries=1", "retries=1", "retries=2", "null", `[{"retries":1}]`, `[{"retries":2}]`]) {
        yield* receive(request(content))
      }
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored", "Stored", "Stored", "Stored"])
    })
  )
})

describe("a body that says when its event was", () => {
  const scheme = SignatureScheme.make({
    ...base,
    identity: [SignatureScheme.byBody(body("changed")), SignatureScheme.byBody(header("Acme-Sent"))]
  })

  test(
    "is an event by itself, and by a header where it says nothing",
    Effect.gen(function* () {
      const { receive, tags } = open(scheme)
      yield* receive(request(`{"changed":"2025-01-01"}`, [["Acme-Sent", "1"]]))
      yield* receive(request(`{"changed":"2025-01-01"}`, [["Acme-Sent", "2"]]))
      yield* receive(request(`{"deleted":7}`, [["Acme-Sent", "1"]]))
      yield* receive(request(`{"deleted":7}`, [["Acme-Sent", "1"]]))
      yield* receive(request(`{"deleted":7}`, [["Acme-Sent", "2"]]))
      yield* receive(request(`{"deleted":7}`))
      yield* receive(request(`{"deleted":7}`))
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Stored", "Duplicate", "Stored", "Stored", "Duplicate"])
    })
  )
})

describe("a type that several fields make together", () => {
  const scheme = SignatureScheme.make({
    ...base,
    eventType: [
      SignatureScheme.joined(body("meta", "entity"), body("meta", "action")),
      SignatureScheme.joined(header("Acme-Topic"), body("action")),
      body("action")
    ]
  })

  test(
    "is their texts joined by a dot where all of them are there, and else the next one",
    Effect.gen(function* () {
      const { outcomes, receive } = open(scheme)
      yield* receive(request(`{"meta":{"entity":"deal","action":"create"},"action":"x"}`))
      yield* receive(request(`{"meta":{"entity":"deal"},"action":"update"}`, [["Acme-Topic", "note"]]))
      yield* receive(request(`{"meta":{"entity":"","action":"create"},"action":"update"}`))
      yield* receive(request(`{"meta":{}}`))
      assert.deepStrictEqual(
        outcomes.map((outcome) => ("type" in outcome ? [outcome.type, outcome.unsigned] : [])),
        [
          ["deal.create", []],
          ["note.update", ["type"]],
          ["update", []],
          [undefined, []]
        ]
      )
    })
  )
})

describe("a delivery that holds several events", () => {
  test(
    "may be a list of JSON in a field of a form, whose items are read as JSON",
    Effect.gen(function* () {
      const inForm = SignatureScheme.make({
        ...base,
        batch: { formField: "events", lists: [SignatureScheme.items({ type: "kind" })] }
      })
      const { receive, tags } = open(inForm)
      const type = "application/x-www-form-urlencoded"
      const formOf = (json: string) => request(new URLSearchParams({ events: json }).toString(), [], type)
      const seen: Array<unknown> = []
      const done = yield* Deferred.make<void>()
      yield* receive(formOf(`[{"kind":"a","n":1}, {"kind":"a","n":2}]`))
      yield* receive(formOf(`[{"kind":"a","n":2}]`))
      yield* receive(formOf(`[]`))
      yield* receive(formOf(`[{"kind"`))
      assert.deepStrictEqual(tags(), ["Stored", "Duplicate", "Answered", "Stored"])
      assert.deepStrictEqual(
        (yield* stored).map(({ type: kind }) => kind),
        ["a", "a", undefined]
      )
      const handlers = Inbox.layerHandlers({
        source: "acme",
        scheme: inForm,
        events: { a: Schema.Struct({ n: Schema.Number }) },
        handle: {
          a: ({ n }) => Effect.suspend(() => (seen.push(n) === 2 ? Deferred.succeed(done, undefined) : Effect.void))
        },
        concurrency: 1
      })
      yield* Effect.provide(Deferred.await(done), handlers)
      assert.deepStrictEqual(seen, [1, 2])
    })
  )
})
