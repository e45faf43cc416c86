import { NodeHttpClient } from "@effect/platform-node"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { HttpClient } from "effect/http"
import { Transport } from "@causeway/node"
import { Agent, type Dispatcher, request } from "undici"
import type { Peer, Row } from "../Row.ts"

const connections = 64

const dispatched = (dispatcher: Dispatcher, origin: string) =>
  new Promise<string>((resolve, reject) => {
    const chunks: Array<Buffer> = []
    dispatcher.dispatch(
      { origin, path: "/", method: "GET" },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          resolve(Buffer.concat(chunks).toString())
        },
        onResponseError(_controller, error) {
          reject(error)
        }
      }
    )
  })

const dispatch: Peer = {
  name: "dispatcher.dispatch",
  open: async (server) => {
    const dispatcher = new Agent({ connections })
    return { call: () => dispatched(dispatcher, server.origin), close: () => dispatcher.close() }
  }
}

const undici: Peer = {
  name: "undici.request",
  open: async (server) => {
    const dispatcher = new Agent({ connections })
    return {
      call: async () => {
        const { body } = await request(server, { dispatcher })
        return body.text()
      },
      close: () => dispatcher.close()
    }
  }
}

const globalFetch: Peer = {
  name: "fetch (of Node)",
  open: async (server) => ({
    call: async () => {
      const response = await fetch(server)
      return response.text()
    },
    close: async () => {}
  })
}

const client = (name: string, layer: Layer.Layer<HttpClient.HttpClient>, isTraced: boolean): Peer => ({
  name: `${name}, tracing ${isTraced ? "on" : "off"}`,
  open: async (server) => {
    const runtime = ManagedRuntime.make(layer)
    const client = await runtime.runPromise(HttpClient.HttpClient)
    const url = server.href
    const read = Effect.flatMap(
      Effect.suspend(() => client.get(url)),
      (response) => response.text
    )
    const call = isTraced ? read : Effect.provideService(read, HttpClient.TracerDisabledWhen, () => true)
    return { call: () => Effect.runPromise(call), close: () => runtime.dispose() }
  }
})

const stock = NodeHttpClient.layerUndiciOptions({ connections })
const ours = Transport.layerWith({ connections })

export const row: Row = {
  name: "transport",
  about: "Fetches a small JSON document over loopback as text.",
  inFlight: 64,
  calls: 4000,
  peers: [
    dispatch,
    undici,
    globalFetch,
    client("effect", stock, false),
    client("effect", stock, true),
    client("causeway", ours, false),
    client("causeway", ours, true)
  ]
}
