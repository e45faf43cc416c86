import { Effect, Redacted, type Scope } from "effect"
import * as AuthError from "../../AuthError.ts"
import type { ClientAuthentication, Signing } from "../../ClientAuthentication.ts"
import type { CredentialsUnavailable } from "../../Credentials.ts"
import * as Jwt from "../../Jwt.ts"
import type { OAuthServer } from "../../OAuthServer.ts"
import type * as Secret from "../../Secret.ts"
import * as Reading from "../secret/Reading.ts"
import { AssertionKeys } from "./AssertionKeys.ts"

/** What proves to the server which client asks. */
export interface Proof {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: ReadonlyArray<readonly [string, string]>
  readonly secrets: ReadonlyArray<string>
  /** Whether it says what time it is, so that a clock that is off may be why it is refused. */
  readonly isTimed: boolean
  /** Looks the secret up again after the server has refused it: true when there is another one now. */
  readonly readAgain: Effect.Effect<boolean>
}

export type Authenticator = (server: OAuthServer) => Effect.Effect<Proof, AuthError.AuthError>

interface Party {
  readonly integration: string
  readonly clientId: string
}

type Value = Redacted.Redacted<string>

/** Begins to read the secret of a method. */
export const open = <S extends Secret.Input>(
  authentication: ClientAuthentication<S>,
  party: Party
): Effect.Effect<Authenticator, Secret.BuildError<S>, Secret.Services<S> | Scope.Scope> => {
  switch (authentication.method) {
    case "none":
    case "tls_client_auth":
      return Effect.succeed((server) => Effect.succeed(named(party, server)))
    case "client_secret_basic":
      return reading(authentication.secret, party, clientSecret, (secret, server) => basic(party, secret, server))
    case "client_secret_post":
      return reading(authentication.secret, party, clientSecret, (secret, server) => post(party, secret, server))
    case "client_secret_jwt":
    case "private_key_jwt":
      return asserting(authentication, party)
  }
}

type Kind = Pick<Reading.Purpose, "what" | "problemOf">

const reading = <S extends Secret.Input>(
  input: S,
  party: Party,
  kind: Kind,
  prove: (secret: Value, server: OAuthServer) => Effect.Effect<Omit<Proof, "readAgain">, AuthError.AuthError>
): Effect.Effect<Authenticator, Secret.BuildError<S>, Secret.Services<S> | Scope.Scope> =>
  Effect.map(
    Reading.open(input, { integration: party.integration, ...kind }),
    (reading) => (server) =>
      Effect.mapError(reading.read(), (problem) => unreadable(party, problem)).pipe(
        Effect.flatMap((secret) =>
          Effect.map(prove(secret, server), (proof) => ({ ...proof, readAgain: reading.readAgain(secret) }))
        )
      )
  )

const secretProblem = (value: string): string | undefined => {
  if (value.trim() === "") return "is empty"
  return /[\r\n]$/.test(value) ? "ends in a line break, which is not a part of it" : undefined
}

const clientSecret = { what: "client secret", problemOf: secretProblem }

/** The lines of a key end where they like. */
const privateKey = {
  what: "private key",
  problemOf: (value: string) => (value.trim() === "" ? "is empty" : undefined)
}

const unreadable = ({ integration }: Party, problem: CredentialsUnavailable): AuthError.AuthError =>
  problem.cause ??
  new AuthError.AuthError({
    integration,
    reason: new AuthError.SecretUnavailable({ what: "the client", issue: `cannot authenticate: ${problem.reason}` })
  })

const idOf = ({ clientId }: Party, { quirks }: OAuthServer) => [quirks.clientIdParameter, clientId] as const

const named = (party: Party, server: OAuthServer): Proof => ({
  headers: {},
  parameters: [idOf(party, server)],
  secrets: [],
  isTimed: false,
  readAgain: Effect.succeed(false)
})

/** As a form has it: the space is a plus. */
const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1)

const basic = (party: Party, secret: Value, { quirks }: OAuthServer) => {
  const encode = quirks.plainBasic ? (text: string) => text : formEncoded
  const value = Redacted.value(secret)
  const encoded = toBase64(`${encode(party.clientId)}:${encode(value)}`)
  return Effect.succeed({
    headers: { authorization: `Basic ${encoded}` },
    parameters: [],
    secrets: [value, encoded],
    isTimed: false
  })
}

const toBase64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

const post = (party: Party, secret: Value, server: OAuthServer) => {
  const value = Redacted.value(secret)
  return Effect.succeed({
    headers: {},
    parameters: [idOf(party, server), ["client_secret", value] as const],
    secrets: [value],
    isTimed: false
  })
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

const asserting = <S extends Secret.Input>(
  authentication: Extract<ClientAuthentication<S>, { readonly signing: Signing }>,
  party: Party
) => {
  const { method, secret, signing } = authentication
  const isSecret = method === "client_secret_jwt"
  const keys = new AssertionKeys(signing)
  return reading(secret, party, isSecret ? clientSecret : privateKey, (secret, server) =>
    Effect.gen(function* () {
      const { clientId, integration } = party
      const key = yield* Effect.mapError(keys.of(secret), (reason) => new AuthError.AuthError({ integration, reason }))
      const aud = audienceOf(server, signing)
      const signed = yield* Jwt.sign(key, { iss: clientId, sub: clientId, aud, lifetime: "1 minute" })
      const assertion = Redacted.value(signed)
      return {
        headers: {},
        parameters: [
          idOf(party, server),
          ["client_assertion_type", assertionType] as const,
          ["client_assertion", assertion] as const
        ],
        secrets: [assertion, ...(isSecret ? [Redacted.value(secret)] : [])],
        isTimed: true
      }
    })
  )
}

const audienceOf = ({ issuer, tokenEndpoint }: OAuthServer, { audience }: Signing): string =>
  (audience === "tokenEndpoint" ? undefined : issuer) ?? tokenEndpoint ?? ""
