import { Policy } from "@causeway/core/policy"
import { undiciDispatch, undiciRequest } from "../peers/bare.ts"
import { armoured, causeway } from "../peers/causeway.ts"
import { effectComposed } from "../peers/effect.ts"
import { axiosRetryOpossum, undiciCockatiel } from "../peers/promises.ts"
import type { Row } from "../Row.ts"

export const row: Row = {
  name: "client, one in flight",
  about: "Fetches a small JSON document with a bearer token, one after the other.",
  inFlight: 1,
  calls: 1500,
  peers: [
    undiciRequest,
    undiciDispatch,
    causeway("no policy", Policy.none),
    causeway("standard policy", Policy.standard),
    causeway("all policies", armoured),
    effectComposed,
    undiciCockatiel,
    axiosRetryOpossum
  ],
  goals: [{ peer: "causeway, all policies", against: "undici.request", kind: "times as fast", atLeast: 0.85, aim: 1 }]
}
