import { Agent, request } from "undici"
import type { Peer, Row } from "../Row.ts"

const undici: Peer = {
  name: "undici.request",
  open: async (server) => {
    const dispatcher = new Agent({ connections: 64 })
    return {
      call: async () => {
        const { body } = await request(server, { dispatcher })
        return body.json()
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
      return response.json()
    },
    close: async () => {}
  })
}

export const row: Row = {
  name: "get",
  about: "Fetches a small JSON document over loopback and parses it.",
  inFlight: 64,
  calls: 4000,
  peers: [undici, globalFetch]
}
