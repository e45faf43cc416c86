/** What the rows of the auth room share. */
import { DpopProof, JwtKey } from "@causeway/core/auth"
import { Integration } from "@causeway/core/client"
import { Config, Effect, Redacted } from "effect"
import type { Accepted } from "./walk.ts"

export class Shop extends Integration.Service<Shop>()("app/Shop", {
  baseUrl: "https://api.example.com",
  endpoints: []
}) {}

export const secret = Config.Redacted("SECRET")

export const redacted = Redacted.make("a secret that is long enough for a key")

export const any: Accepted = { values: ["a text", "an empty text"], why: "any text" }

export const texts: Accepted = { values: ["a text"], why: "one text, or a list of them" }

export const several: Accepted = { values: ["a text", "an empty array"], why: "any text, or a list that may be empty" }
export const signingKey = await Effect.runPromise(JwtKey.generate("ES256"))

export const verifyingKey = JwtKey.verifyingOf(signingKey)

export const dpopKey = DpopProof.key(signingKey)
