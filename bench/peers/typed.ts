/** A document with its type, and the row that decodes it. */
import { Schema } from "effect"
import { Policy } from "@causeway/core/policy"
import type { Row } from "../Row.ts"
import { undiciRequest } from "./bare.ts"
import { armoured, causeway } from "./causeway.ts"

/** Made when it is asked for, because what compiles schemas must have been loaded before. */
const document = () =>
  Schema.Struct({ id: Schema.String, amount: Schema.Int, currency: Schema.String, description: Schema.String })

export const typedRow = (name: string, about: string): Row => ({
  name,
  about: `Fetches a small JSON document with a bearer token; causeway decodes it by a schema, ${about}.`,
  inFlight: 64,
  calls: 3000,
  peers: [
    undiciRequest,
    causeway("typed, no policy", Policy.none, document()),
    causeway("typed, all policies", armoured, document())
  ],
  goals: [
    {
      peer: "causeway, typed, all policies",
      against: "undici.request",
      kind: "times as fast",
      atLeast: 0.85,
      aim: 1.05
    }
  ]
})
