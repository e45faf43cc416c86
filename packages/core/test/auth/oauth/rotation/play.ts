/** Plays a scenario: turns of a server, and processes that renew, are interrupted and die. */
import {
  type AuthError,
  ClientAuthentication,
  OAuth,
  OAuthClient,
  OAuthServer,
  Token,
  TokenLease,
  Tokens,
  TokenStore
} from "@causeway/core/auth"
import { Effect, Fiber, Logger, Redacted, Result, Scope } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { clientId, issuer } from "../answering.ts"
import { beginning, idTokens, plain, RotatingServer, type Turn } from "./server.ts"

/** Where a process dies. */
export type Place = "sending" | "answered" | "storing" | "stored"

export interface Step {
  readonly turn: Turn
  readonly dies: Place | undefined
  /** Whether the caller gives up in the middle. */
  readonly isInterrupted: boolean
}

export interface Report {
  /** The newest refresh token that the server issued. */
  readonly newest: string
  readonly stored: string | undefined
  readonly isTold: boolean
  readonly given: ReadonlyArray<string>
  /** Access tokens that came with another person's ID token, or with one that was seen to be forged. */
  readonly untrusted: ReadonlySet<string>
}

const owner = { integration: "test/Calendar", tenant: "acme" }

/** Something that a process does, and that never ends when it dies there. */
class Process {
  #isDead = false
  #dies: Place | undefined

  get isDead(): boolean {
    return this.#isDead
  }

  willDieAt(place: Place | undefined): void {
    this.#dies = place
  }

  passes(place: Place): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#dies === place) this.#isDead = true
      return this.alive(Effect.void)
    })
  }

  alive<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => (this.#isDead ? Effect.never : effect))
  }
}

type Store = TokenStore.TokenStore["Service"]
type Lease = TokenLease.TokenLease["Service"]

const storeOf = (process: Process, store: Store): Store => ({
  ...store,
  get: (owner) => process.alive(store.get(owner)),
  replace: (owner, token, version) =>
    process.passes("storing").pipe(
      Effect.andThen(store.replace(owner, token, version)),
      Effect.tap(() => process.passes("stored"))
    )
})

const leaseOf = (process: Process, lease: Lease): Lease => ({
  acquire: (...given) => process.alive(lease.acquire(...given)),
  extend: (...given) => process.alive(lease.extend(...given)),
  release: (...given) => process.alive(lease.release(...given))
})

const tokensOf = (process: Process, server: RotatingServer, shared: { readonly store: Store; readonly lease: Lease }) =>
  Effect.gen(function* () {
    const client = yield* OAuthClient.make({
      integration: owner.integration,
      server: OAuthServer.make({
        issuer,
        tokenEndpoint: `${issuer}/token`,
        jwksUri: `${issuer}/keys`,
        idTokenAlgorithms: ["ES256"]
      }),
      clientId,
      authentication: ClientAuthentication.none
    }).pipe(Effect.provideService(HttpClient.HttpClient, server.client))
    return yield* Tokens.make(owner, OAuth.refreshing(client)).pipe(
      Effect.provideService(TokenStore.TokenStore, storeOf(process, shared.store)),
      Effect.provideService(TokenLease.TokenLease, leaseOf(process, shared.lease))
    )
  })

const first = Token.make({
  accessToken: Redacted.make("access-0"),
  refreshToken: Redacted.make("refresh-0"),
  idToken: Redacted.make(idTokens.good),
  obtainedAt: beginning * 1000 - 3_600_000,
  expiresAt: beginning * 1000
})

type Outcome = Result.Result<Token.Token, AuthError.AuthError>

/** Longer than two exchanges that are cut off, and than a lease of a process that died. */
const patience = 14

/** Signatures are checked on threads: what was begun before has ended when as much again was done there. */
const settled = Effect.promise(async () => {
  for (let round = 0; round < 4; round += 1) await crypto.subtle.digest("SHA-256", someBytes)
})

const someBytes = new Uint8Array(256 * 1024)

const ask = (tokens: Tokens.Tokens, isInterrupted: boolean) =>
  Effect.gen(function* () {
    const outcomes: Array<Outcome> = []
    const asked = Effect.tap(Effect.result(tokens.token), (outcome) => Effect.sync(() => outcomes.push(outcome)))
    const fiber = yield* Effect.forkChild(asked, { startImmediately: true })
    for (let waited = 0; waited < patience && outcomes.length === 0; waited += 1) {
      yield* settled
      yield* TestClock.adjust("10 seconds")
      if (isInterrupted && waited === 1) yield* Effect.forkChild(Fiber.interrupt(fiber))
    }
    yield* TestClock.adjust("2 hours")
    return outcomes
  })

export const play = (steps: ReadonlyArray<Step>): Effect.Effect<Report, unknown> =>
  Effect.gen(function* () {
    yield* TestClock.setTime(beginning * 1000)
    const server = new RotatingServer()
    const shared = { store: TokenStore.makeMemory(), lease: TokenLease.makeMemory() }
    yield* shared.store.set(owner, first)
    const given: Array<string> = []
    let isTold = false
    let process = new Process()
    let tokens = yield* tokensOf(process, server, shared)
    for (const { dies, isInterrupted, turn } of [...steps, ...ending]) {
      if (process.isDead) {
        process = new Process()
        tokens = yield* tokensOf(process, server, shared)
      }
      const current = process
      server.turn = turn
      server.passes = (place) => current.passes(place)
      process.willDieAt(dies)
      for (const outcome of yield* ask(tokens, isInterrupted)) {
        if (Result.isSuccess(outcome)) given.push(Redacted.value(outcome.success.accessToken))
        else if (outcome.failure.reason._tag === "ReauthorizationRequired") isTold = true
      }
    }
    const stored = yield* shared.store.get(owner)
    const { refreshToken } = stored?.token ?? first
    return {
      newest: server.current,
      stored: refreshToken && Redacted.value(refreshToken),
      isTold,
      given,
      untrusted: server.untrusted
    }
  }).pipe(
    // A process that died never ends: nothing waits for it.
    (program) => Effect.flatMap(Scope.make(), (scope) => Effect.provideService(program, Scope.Scope, scope)),
    Effect.provide([TestClock.layer(), Logger.layer([])])
  )

const healthy: Step = { turn: plain, dies: undefined, isInterrupted: false }

const ending = [healthy, healthy, healthy]
