import { Policy } from "@causeway/core/policy"
import { undiciDispatch, undiciRequest } from "../peers/bare.ts"
import { armoured, causeway } from "../peers/causeway.ts"
import { effectComposed } from "../peers/effect.ts"
import type { Row } from "../Row.ts"

export const row: Row = {
  name: "client, in fibres that loop",
  about: "Fetches a small JSON document with a bearer token; undici without Effect loops in promises.",
  inFlight: 64,
  calls: 100_000,
  roundMillis: 1_000,
  shape: "fibres",
  peers: [
    undiciRequest,
    undiciDispatch,
    causeway("no policy", Policy.none),
    causeway("standard policy", Policy.standard),
    causeway("all policies", armoured),
    effectComposed
  ],
  goals: [{ peer: "causeway, all policies", against: "undici.request", kind: "times as fast", atLeast: 0.9, aim: 1.1 }]
}
