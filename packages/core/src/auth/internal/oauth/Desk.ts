import { Clock, Duration, Effect, Redacted, Result } from "effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as AddressGuard from "../../../crypto/AddressGuard.ts"
import * as BoundedBody from "../../../crypto/BoundedBody.ts"
import type { PolicyError } from "../../../policy/Engine.ts"
import * as Engine from "../../../policy/Engine.ts"
import * as Exchange from "../../../policy/Exchange.ts"
import type { Compiled } from "../../../policy/Policy.ts"
import * as AuthError from "../../AuthError.ts"
import type { Endpoints, OAuthServer } from "../../OAuthServer.ts"
import { type Answer, malformed } from "./answer.ts"
import type { Authenticator, Proof } from "./Authenticator.ts"
import type { DpopProver } from "./DpopProver.ts"
import { isGuarded } from "./endpointUrl.ts"
import { detailOf } from "./unreached.ts"
import { skewOf } from "./skew.ts"

/** The largest answer that is read. */
const mostBytes = 1024 * 1024

/** The endpoints that are asked by posting, and how errors, events and keys call them. */
const endpoints = {
  token: "tokenEndpoint",
  "device authorization": "deviceAuthorizationEndpoint",
  "pushed authorization request": "pushedAuthorizationRequestEndpoint",
  introspection: "introspectionEndpoint",
  revocation: "revocationEndpoint"
} as const satisfies Readonly<Record<string, keyof Endpoints>>

/** A question to an endpoint of the server. */
export interface Question<A> {
  readonly endpoint: keyof typeof endpoints
  readonly parameters: ReadonlyArray<readonly [string, string]>
  /** What of the parameters must not be seen. */
  readonly secrets: ReadonlyArray<string>
  /** Whether it may be asked again although it may have been heard. */
  readonly idempotent: boolean
  /** Whether the answer may be bound to our key. Default: false. */
  readonly proven?: boolean
  /** Whether its answer may bring what is sent once: it is waited for as long as a renewal may take. Default: false. */
  readonly isRenewal?: boolean
  /** Is shown an answer before it is read, and can't be interrupted. */
  readonly received?: (answer: Answer) => Effect.Effect<void>
  readonly read: (answer: Answer) => Result.Result<A, AuthError.Reason>
}

export interface Parts {
  readonly integration: string
  readonly tenant: string | undefined
  readonly client: HttpClient.HttpClient
  readonly policy: Compiled
  /** The policy of questions that are renewals. */
  readonly renewalPolicy: Compiled
  readonly state: Engine.State
  /** Undefined where nothing is asked but what anyone may have. */
  readonly authenticator: Authenticator | undefined
  readonly prover: DpopProver | undefined
  readonly usesMutualTls: boolean
}

interface Asked<A> extends Pick<Question<A>, "read"> {
  readonly endpoint: string
  readonly url: string
  /** Whether it may connect to public addresses alone. */
  readonly isPublicOnly: boolean
}

/** An engine for one endpoint, where that is now. */
interface Placed {
  readonly origin: string
  readonly engine: Engine.Engine
}

type Failed = Engine.AttemptFailure<AuthError.AuthError>

/** Where the endpoints of one server are asked, under one policy. */
export class Desk {
  readonly #parts: Parts
  readonly #engines = new Map<string, Placed>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get integration(): string {
    return this.#parts.integration
  }

  /** Posts a question as the client that we are. */
  ask<A>(server: OAuthServer, question: Question<A>): Effect.Effect<A, AuthError.AuthError> {
    const url = this.#urlOf(server, question.endpoint)
    if (url === undefined) return Effect.fail(this.error(missing(question.endpoint)))
    const asked = { ...question, url, isPublicOnly: isGuarded(server, url) }
    const { received = () => Effect.void } = question
    const engine = this.#engine(question.endpoint, "POST", url, question.isRenewal)
    return this.#run(question.endpoint, engine, question.idempotent, (attempt) =>
      Effect.flatMap(Effect.mapError(this.#proof(server, asked), unsent), ({ proof, request }) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(restore(this.#exchange(attempt, asked, request, proof)), (answer) =>
            Effect.andThen(received(answer), restore(this.#judge(asked, answer, proof)))
          )
        )
      )
    )
  }

  #urlOf({ mtlsEndpoints, ...server }: OAuthServer, endpoint: keyof typeof endpoints): string | undefined {
    const name = endpoints[endpoint]
    return (this.#parts.usesMutualTls ? mtlsEndpoints[name] : undefined) ?? server[name]
  }

  /** Gets what anyone may have. */
  fetch<A>(question: Asked<A>): Effect.Effect<A, AuthError.AuthError> {
    const open = { ...question, secrets: [] }
    const request = HttpClientRequest.setHeader(HttpClientRequest.get(question.url), "accept", "application/json")
    return this.#run(question.endpoint, this.#engine(question.endpoint, "GET", question.url), true, (attempt) =>
      Effect.flatMap(this.#exchange(attempt, open, request), (answer) => this.#judge(open, answer))
    )
  }

  error(reason: AuthError.Reason): AuthError.AuthError {
    return new AuthError.AuthError({ integration: this.#parts.integration, reason })
  }

  #run<A>(
    endpoint: string,
    engine: Engine.Engine,
    idempotent: boolean,
    attempt: (attempt: Engine.Attempt) => Effect.Effect<A, Failed>
  ): Effect.Effect<A, AuthError.AuthError> {
    const { integration } = this.#parts
    const call = { idempotent, replayable: true, hedgeable: idempotent, request: undefined, options: {}, attempt }
    return Engine.run(engine, call).pipe(
      Effect.mapError((error) =>
        error instanceof AuthError.AuthError ? error : this.error(heldBack(endpoint, error))
      ),
      Effect.withSpan(`${integration}.oauth/${endpoint}`, {
        kind: "client",
        attributes: { "causeway.integration": integration, "causeway.endpoint": `oauth/${endpoint}` }
      })
    )
  }

  #engine(endpoint: string, method: string, url: string, isRenewal = false): Engine.Engine {
    const { origin, pathname: path } = new URL(url)
    const name = isRenewal ? `${endpoint} renewal` : endpoint
    const known = this.#engines.get(name)
    if (known?.origin === origin) return known.engine
    const { integration, state, tenant } = this.#parts
    const policy = isRenewal ? this.#parts.renewalPolicy : this.#parts.policy
    const call = {
      integration,
      ...(tenant !== undefined && { tenant }),
      endpoint: `oauth/${endpoint}`,
      method,
      url: path
    }
    const key = `${Engine.scopeOf(call)}/oauth/${origin}`
    const engine = Engine.make({ call, policy, state, keyOf: () => key })
    this.#engines.set(name, { origin, engine })
    return engine
  }

  #proof<A>(server: OAuthServer, question: Question<A> & Asked<A>) {
    const { authenticator, prover } = this.#parts
    const error = (reason: AuthError.Reason) => this.error(reason)
    return Effect.gen(function* () {
      const proof = authenticator === undefined ? noProof : yield* authenticator(server)
      const proven = new Set(proof.parameters.map(([name]) => name))
      const own = question.parameters.filter(([name]) => !proven.has(name))
      const body = new URLSearchParams([...own, ...proof.parameters].map(([name, value]) => [name, value]))
      const request = HttpClientRequest.post(question.url).pipe(
        HttpClientRequest.setHeaders({ accept: "application/json", ...proof.headers }),
        HttpClientRequest.bodyText(body.toString(), "application/x-www-form-urlencoded")
      )
      if (prover === undefined || question.proven !== true) return { request, proof }
      const possession = yield* Effect.mapError(prover.prove("POST", question.url), (reason) => error(reason))
      return { request: HttpClientRequest.setHeader(request, "dpop", Redacted.value(possession)), proof }
    })
  }

  #exchange(
    attempt: Engine.Attempt,
    question: Omit<Asked<unknown>, "read"> & Pick<Question<unknown>, "secrets">,
    request: HttpClientRequest.HttpClientRequest,
    proof?: Proof
  ): Effect.Effect<Answer, Failed> {
    const { client, prover } = this.#parts
    const broken = (problem: Exchange.Broken) => this.#unreached(question.endpoint, problem)
    return Effect.gen(function* () {
      const sent = Exchange.send(client, request)
      const response = yield* Effect.mapError(question.isPublicOnly ? AddressGuard.publicOnly(sent) : sent, broken)
      const { headers, status } = response
      attempt.received({ status, headers })
      prover?.learn(question.url, headers)
      const body = yield* Effect.mapError(bodyOf(response), broken)
      const secrets = [...question.secrets, ...(proof?.secrets ?? [])]
      return { endpoint: named(question.endpoint), status, headers, body, secrets, now: yield* Clock.currentTimeMillis }
    })
  }

  #judge<A>(question: Asked<A> & Pick<Question<A>, "proven">, answer: Answer, proof?: Proof): Effect.Effect<A, Failed> {
    const read = question.read(answer)
    if (Result.isSuccess(read)) return Effect.succeed(read.success)
    const reason = read.failure
    if (this.#parts.prover !== undefined && question.proven === true && wantsNonce(reason, answer)) {
      return Effect.fail({ ...this.#failed(reason, answer), renewed: true })
    }
    if (reason._tag !== "InvalidClient" || proof === undefined) {
      return Effect.fail(this.#failed(this.#orSkew(reason, answer, question.proven === true), answer))
    }
    return Effect.flatMap(proof.readAgain, (renewed) =>
      Effect.fail({ ...this.#failed(this.#orSkew(reason, answer, proof.isTimed), answer), renewed })
    )
  }

  /** What says what time it is may be refused because our clock is off. */
  #orSkew(reason: AuthError.Reason, answer: Answer, isTimed: boolean): AuthError.Reason {
    const isRefusal = reason._tag === "InvalidClient" || reason._tag === "InvalidGrant" || isProofRefused(reason)
    return (isTimed && isRefusal ? skewOf(answer) : undefined) ?? reason
  }

  #failed(reason: AuthError.Reason, answer: Answer): Failed {
    const error = this.error(reason)
    return {
      error,
      category: error.category,
      retryAfter: error.retryAfter,
      sent: true,
      declared: true,
      status: answer.status,
      requestId: Exchange.requestId(answer.headers)
    }
  }

  #unreached(endpoint: string, broken: Exchange.Broken): Failed {
    const { code, reason, sent } = broken
    const detail = detailOf(broken)
    const what = reason === "Connect" ? `no connection: ${detail}` : detail
    const error = this.error(unavailable(endpoint, what, { isAnswerLost: sent }))
    // No later attempt may connect there either.
    const category = code === AddressGuard.errorCode ? "rejected" : error.category
    return { error, category, retryAfter: undefined, sent, declared: true, isUncounted: Exchange.isUncounted(broken) }
  }
}

const noProof: Proof = {
  headers: {},
  parameters: [],
  secrets: [],
  isTimed: false,
  readAgain: Effect.succeed(false)
}

const named = (endpoint: string): string => `the ${endpoint} endpoint`

const unavailable = (
  endpoint: string,
  detail: string,
  more: { readonly retryAfter?: Duration.Duration; readonly isAnswerLost?: boolean } = {}
): AuthError.EndpointUnavailable =>
  new AuthError.EndpointUnavailable({
    endpoint: named(endpoint),
    status: undefined,
    detail,
    retryAfter: more.retryAfter,
    isAnswerLost: more.isAnswerLost
  })

const unsent = (error: AuthError.AuthError): Failed => ({
  error,
  category: error.category === "transient" ? "transient" : "invalid",
  retryAfter: error.retryAfter,
  sent: false,
  declared: true
})

/** What a policy refused or ended. */
const heldBack = (endpoint: string, error: PolicyError): AuthError.EndpointUnavailable => {
  switch (error._tag) {
    case "Timeout":
      return unavailable(endpoint, `no answer in ${Duration.format(error.after)}`, { isAnswerLost: true })
    case "RateLimited":
      return unavailable(endpoint, "the rate limit is reached", retryIn(error))
    case "CircuitOpen":
      return unavailable(endpoint, "its circuit is open", retryIn(error))
    case "BulkheadFull":
      return unavailable(endpoint, "too many questions are in flight")
  }
}

const retryIn = ({ retryAfter }: { readonly retryAfter: Duration.Duration | undefined }) =>
  retryAfter === undefined ? {} : { retryAfter }

const isProofRefused = (reason: AuthError.Reason): boolean =>
  reason._tag === "OtherRefusal" && reason.code === "invalid_dpop_proof"

const wantsNonce = (reason: AuthError.Reason, { headers }: Answer): boolean =>
  reason._tag === "OtherRefusal" && reason.code === "use_dpop_nonce" && headers["dpop-nonce"] !== undefined

/** All of a body, or undefined when it is larger than is read; the rest of it is cancelled. */
const bodyOf = (response: HttpClientResponse): Effect.Effect<Uint8Array | undefined, Exchange.Broken> =>
  Effect.catchTag(BoundedBody.read(Exchange.bytes(response), mostBytes), "BodyTooLarge", () => Effect.undefined)

/** An endpoint that the server does not have. */
const missing = (endpoint: string): AuthError.Reason =>
  malformed({ endpoint: "the authorization server" }, `it has no ${endpoint} endpoint`)
