/** What is under everything else: undici, by `request` and by `dispatch`, and the `fetch` of Node. */
import { Agent, request } from "undici"
import type { Peer } from "../Row.ts"

export const token = "bench"

export const connections = 64

const headers = { authorization: `Bearer ${token}`, accept: "application/json" }

export const undiciRequest: Peer = {
  name: "undici.request",
  open: async (server) => {
    const dispatcher = new Agent({ connections })
    return {
      call: async () => {
        const { body } = await request(server, { dispatcher, headers })
        return body.json()
      },
      close: () => dispatcher.close()
    }
  }
}

const dispatched = (dispatcher: Agent, server: URL): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    dispatcher.dispatch(
      { origin: server.origin, path: "/", method: "GET", headers },
      {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: (_, chunk) => {
          chunks.push(chunk)
        },
        onResponseEnd: () =>
          resolve(JSON.parse((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? "")),
        onResponseError: (_, error) => reject(error)
      }
    )
  })

export const undiciDispatch: Peer = {
  name: "dispatcher.dispatch",
  open: async (server) => {
    const dispatcher = new Agent({ connections })
    return { call: () => dispatched(dispatcher, server), close: () => dispatcher.close() }
  }
}

export const nodeFetch: Peer = {
  name: "fetch (of Node)",
  open: async (server) => ({
    call: async () => {
      const response = await fetch(server, { headers })
      return response.json()
    },
    close: async () => {}
  })
}
