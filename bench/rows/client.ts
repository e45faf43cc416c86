import { Policy } from "@causeway/core/policy"
import { nodeFetch, undiciDispatch, undiciRequest } from "../peers/bare.ts"
import { armoured, causeway } from "../peers/causeway.ts"
import { effectAlone, effectComposed } from "../peers/effect.ts"
import {
  axiosAlone,
  axiosBottleneck,
  axiosPRetry,
  axiosRetryOpossum,
  gotAlone,
  kyAlone,
  undiciCockatiel
} from "../peers/promises.ts"
import type { Goal, Row } from "../Row.ts"

const whole = "causeway, all policies"

const against = (peer: string, atLeast: number, aim: number): Goal => ({
  peer: whole,
  against: peer,
  kind: "times as fast",
  atLeast,
  aim
})

export const row: Row = {
  name: "client, a promise per call",
  about: "Fetches a small JSON document with a bearer token.",
  inFlight: 64,
  calls: 100_000,
  roundMillis: 1_000,
  peers: [
    undiciRequest,
    undiciDispatch,
    nodeFetch,
    causeway("no policy", Policy.none),
    causeway("standard policy", Policy.standard),
    causeway("all policies", armoured),
    effectAlone,
    effectComposed,
    undiciCockatiel,
    axiosAlone,
    axiosRetryOpossum,
    axiosPRetry,
    axiosBottleneck,
    gotAlone,
    kyAlone
  ],
  goals: [
    against(undiciRequest.name, 0.9, 1.1),
    against(undiciDispatch.name, 0.5, 0.7),
    against(axiosRetryOpossum.name, 5, 8),
    against(effectComposed.name, 3, 6)
  ]
}
