/**
 * An authorization server that rotates refresh tokens and ends the session when an old one comes again. Its answers are
 * odd, late or lost, as a scenario says.
 */
import { Effect } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { clientId, formOf, issuer } from "../answering.ts"

/** When the tests begin, in seconds. */
export const beginning = 1_800_000_000

const keyPair = () => generateKeyPairSync("ec", { namedCurve: "P-256" })
const [known, unknown] = [keyPair(), keyPair()]

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

const idToken = (key: KeyObject, kid: string, sub: string): string => {
  const claims = { iss: issuer, aud: clientId, sub, iat: beginning, exp: beginning + 30 * 86_400 }
  const content = `${part({ alg: "ES256", kid })}.${part(claims)}`
  const signature = sign("sha256", Buffer.from(content), { key, dsaEncoding: "ieee-p1363" })
  return `${content}.${signature.toString("base64url")}`
}

export const idTokens = {
  good: idToken(known.privateKey, "known", "alice"),
  unknownKey: idToken(unknown.privateKey, "unknown", "alice"),
  otherPerson: idToken(known.privateKey, "known", "mallory"),
  forged: idToken(unknown.privateKey, "known", "alice")
}

export const keys: string = JSON.stringify({
  keys: [{ ...known.publicKey.export({ format: "jwk" }), kid: "known", alg: "ES256", use: "sig" }]
})

/** What an answer has in the place of what it should have; `undefined` leaves a member out. */
export type Odd = Readonly<Record<string, unknown>>

/** How the answer to a renewal arrives. */
export type Arrival = "whole" | "cut" | "no response" | "no JSON" | "untyped" | "created" | "late" | "too late" | "503"

export interface Turn {
  readonly odd: Odd
  readonly arrival: Arrival
  /** Whether the keys of ID tokens can be fetched. */
  readonly hasKeys: boolean
}

export const plain: Turn = { odd: {}, arrival: "whole", hasKeys: true }

export class RotatingServer {
  #issued = 0
  revoked = false
  turn: Turn = plain
  /** Called when a request is about to be sent, and when the server has acted on it. */
  passes: (place: "sending" | "answered") => Effect.Effect<void> = () => Effect.void
  /** Access tokens that came with another person's ID token, or with one that was seen to be forged. */
  readonly untrusted = new Set<string>()

  get current(): string {
    return `refresh-${this.#issued}`
  }

  readonly client = HttpClient.make((request) =>
    request.url.endsWith("/keys") ? this.#answerKeys(request) : this.#answerToken(request)
  )

  #answerKeys(request: HttpClientRequest.HttpClientRequest) {
    const response = this.turn.hasKeys
      ? new Response(keys, { headers: { "content-type": "application/json" } })
      : new Response("away", { status: 503 })
    return Effect.sync(() => HttpClientResponse.fromWeb(request, response))
  }

  #answerToken(request: HttpClientRequest.HttpClientRequest) {
    return Effect.gen({ self: this }, function* () {
      yield* this.passes("sending")
      const { arrival } = this.turn
      const response = this.#refresh(formOf(request).get("refresh_token") ?? "")
      yield* this.passes("answered")
      if (arrival === "late") yield* Effect.sleep("45 seconds")
      if (arrival === "too late") yield* Effect.sleep("65 seconds")
      if (arrival === "no response") return yield* Effect.fail(broken(request))
      return HttpClientResponse.fromWeb(request, response)
    })
  }

  #refresh(refreshToken: string): Response {
    if (refreshToken !== this.current) this.revoked = true
    if (this.revoked) return Response.json({ error: "invalid_grant" }, { status: 400 })
    const { arrival, odd } = this.turn
    // An outage ahead of the server: it has not heard the request.
    if (arrival === "503") return new Response("busy", { status: 503 })
    this.#issued += 1
    const answer = {
      access_token: `access-${this.#issued}`,
      token_type: "Bearer",
      expires_in: 3600,
      refresh_token: this.current,
      id_token: idTokens.good,
      ...odd
    }
    const isForged = answer.id_token === idTokens.forged && this.turn.hasKeys
    const isUntrusted = isForged || answer.id_token === idTokens.otherPerson
    if (isUntrusted) this.untrusted.add(`access-${this.#issued}`)
    const text = JSON.stringify(answer)
    if (arrival === "cut") return new Response(cut(text), { headers: { "content-type": "application/json" } })
    if (arrival === "no JSON") return new Response("<html>", { headers: { "content-type": "text/html" } })
    const type = arrival === "untyped" ? "text/plain" : "application/json;charset=utf-8"
    return new Response(text, { status: arrival === "created" ? 201 : 200, headers: { "content-type": type } })
  }
}

const broken = (request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, cause: new Error("ECONNRESET") })
  })

const cut = (text: string): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: (controller) => {
      controller.enqueue(new TextEncoder().encode(text.slice(0, text.length / 2)))
      controller.error(new Error("ECONNRESET"))
    }
  })
