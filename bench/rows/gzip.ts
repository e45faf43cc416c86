/** What an answer in gzip costs, against decoding it by hand. */
import { Effect, ManagedRuntime } from "effect"
import { HttpClient } from "effect/http"
import { Transport } from "@causeway/node"
import { promisify } from "node:util"
import { gunzip, gunzipSync } from "node:zlib"
import { Agent, request } from "undici"
import type { Peer, Row } from "../Row.ts"

const connections = 64
const headers = { "accept-encoding": "gzip, br" }

const listOf = (server: URL): string => new URL("/list", server).href

type Decode = (coded: Buffer) => Buffer | Promise<Buffer>

const byHand = (name: string, decode: Decode): Peer => ({
  name,
  open: async (server) => {
    const dispatcher = new Agent({ connections })
    const url = listOf(server)
    return {
      call: async () => {
        const { body } = await request(url, { dispatcher, headers })
        const decoded = await decode(Buffer.from(await body.arrayBuffer()))
        return JSON.parse(decoded.toString())
      },
      close: () => dispatcher.close()
    }
  }
})

const nodeFetch: Peer = {
  name: "fetch (of Node)",
  open: async (server) => {
    const url = listOf(server)
    return {
      call: async () => {
        const response = await fetch(url, { headers })
        return response.json()
      },
      close: async () => {}
    }
  }
}

const causeway = (name: string, coding: string): Peer => ({
  name: `causeway, ${name}`,
  open: async (server) => {
    const runtime = ManagedRuntime.make(Transport.layerWith({ connections }))
    const client = await runtime.runPromise(HttpClient.HttpClient)
    const url = listOf(server)
    const read = Effect.flatMap(
      Effect.suspend(() => client.get(url, { headers: { "accept-encoding": coding } })),
      (response) => response.json
    )
    const call = Effect.provideService(read, HttpClient.TracerDisabledWhen, () => true)
    return { call: () => Effect.runPromise(call), close: () => runtime.dispose() }
  }
})

export const row: Row = {
  name: "gzip",
  about: "Fetches a list of 100 documents, 17 kB of JSON, in gzip; the last peer without.",
  inFlight: 64,
  calls: 1000,
  peers: [
    byHand("undici.request, gunzipSync", gunzipSync),
    byHand("undici.request, gunzip", promisify(gunzip)),
    nodeFetch,
    causeway("gzip", "gzip"),
    causeway("identity", "identity")
  ]
}
