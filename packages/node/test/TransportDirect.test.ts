import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { HttpBody, HttpClientRequest } from "effect/http"
import { MockAgent } from "undici"
import { Exchange } from "@causeway/core/policy"
import { Transport } from "@causeway/node"

const wayOf = (agent: MockAgent): Exchange.Direct => {
  const way = Exchange.directOf(Transport.make(agent))
  assert.isDefined(way)
  return way
}

const later = new Promise<void>((go) => setImmediate(go))

/** What is told of a request, in the order in which it happens. */
const telling = (way: Exchange.Direct, request: HttpClientRequest.HttpClientRequest) => {
  const told: Array<string> = []
  const stop = way.begin(request, {
    responded: ({ status }) => told.push(String(status)),
    broke: ({ reason }) => told.push(reason._tag)
  })
  told.push("begun")
  return { told, stop }
}

const agentWith = (status: number, text: string): MockAgent => {
  const agent = new MockAgent()
  agent.disableNetConnect()
  agent.get("http://provider.example").intercept({ path: "/read" }).reply(status, text).persist()
  return agent
}

const read = HttpClientRequest.get("http://provider.example/read")

describe("the direct way of the transport", () => {
  it("tells of a response after it has begun", async () => {
    const { told } = telling(wayOf(agentWith(201, "fine")), read)
    await later
    assert.deepStrictEqual(told, ["begun", "201"])
  })

  it("tells nobody who has stopped", async () => {
    const { stop, told } = telling(wayOf(agentWith(201, "fine")), read)
    stop()
    await later
    assert.deepStrictEqual(told, ["begun"])
  })

  it("breaks for a URL that is none, after it has begun", async () => {
    const way = wayOf(agentWith(201, "fine"))
    const { told } = telling(way, HttpClientRequest.get("ftp://provider.example/read"))
    const stopped = telling(way, HttpClientRequest.get("ftp://provider.example/read"))
    stopped.stop()
    await later
    assert.deepStrictEqual(told, ["begun", "InvalidUrlError"])
    assert.deepStrictEqual(stopped.told, ["begun"])
  })

  it("is not for a body that has to be run, nor for another protocol", () => {
    const way = wayOf(agentWith(201, "fine"))
    assert.isTrue(way.accepts(HttpClientRequest.setBody(read, HttpBody.text("x"))))
    assert.isFalse(way.accepts(HttpClientRequest.setBody(read, HttpBody.stream(Stream.empty))))
    assert.isFalse(way.accepts(HttpClientRequest.setHeader(read, "upgrade", "websocket")))
  })

  it.effect("gives a body that has come with its head at once", () =>
    Effect.gen(function* () {
      const way = wayOf(agentWith(200, "fine"))
      const text = yield* Effect.callback<string | undefined>((resume) => {
        way.begin(read, {
          responded: (response) =>
            resume(Effect.sync(() => new TextDecoder().decode(Exchange.arrivedBody(response, 4)))),
          broke: (error) => resume(Effect.die(error))
        })
      })
      assert.strictEqual(text, "fine")
    })
  )
})
