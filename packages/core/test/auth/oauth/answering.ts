/** An authorization server that answers what the test says, and remembers what it was asked. */
import { type AuthError, ClientAuthentication, OAuthClient, type OAuthQuirks, OAuthServer } from "@causeway/core/auth"
import type { Policy } from "@causeway/core/policy"
import { Effect, Redacted } from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "effect/http"

export interface Answering {
  readonly client: HttpClient.HttpClient
  readonly requests: Array<HttpClientRequest.HttpClientRequest>
}

export type Reply = (request: HttpClientRequest.HttpClientRequest, number: number) => Response

export const answering = (reply: Reply): Answering => {
  const requests: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      requests.push(request)
      return HttpClientResponse.fromWeb(request, reply(request, requests.length))
    })
  )
  return { client, requests }
}

export const issuer = "https://login.calendar.example"

export const endpoints = {
  issuer,
  authorizationEndpoint: `${issuer}/authorize`,
  tokenEndpoint: `${issuer}/token`,
  deviceAuthorizationEndpoint: `${issuer}/device`,
  introspectionEndpoint: `${issuer}/introspect`,
  revocationEndpoint: `${issuer}/revoke`,
  pushedAuthorizationRequestEndpoint: `${issuer}/push`
} as const

export const clientId = "c4us3w4y"

export const plantedSecret = "pl4nt3d-cl13nt-s3cr3t"

export interface Setting {
  readonly quirks?: OAuthQuirks.OAuthQuirks
  readonly server?: Partial<OAuthServer.Options>
  readonly policy?: Policy.Policy
}

/** A client of that server; without a policy that says otherwise, each question is one request. */
export const clientOver = (
  http: HttpClient.HttpClient,
  { policy = { retry: null }, quirks, server = {} }: Setting = {}
) =>
  OAuthClient.make({
    integration: "test/Calendar",
    server: OAuthServer.make({ ...endpoints, quirks, ...server }),
    clientId,
    authentication: ClientAuthentication.basic(Effect.succeed(Redacted.make(plantedSecret))),
    policy
  }).pipe(Effect.provideService(HttpClient.HttpClient, http))

/** The parameters of a request. */
export const formOf = ({ body }: HttpClientRequest.HttpClientRequest): URLSearchParams =>
  new URLSearchParams(body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "")

/** What an error says that is a refusal: the code of OAuth. */
export const codeOf = ({ reason }: AuthError.AuthError): string | undefined => {
  if (reason._tag === "OtherRefusal") return reason.code
  return "description" in reason ? reason._tag.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase() : undefined
}
