import { Redacted, Result } from "effect"
import * as oauth from "oauth4webapi"
import * as AuthError from "../../AuthError.ts"
import type { OAuthServer } from "../../OAuthServer.ts"

/** A login that has begun. */
interface Begun {
  readonly state: string
  readonly issuer: string | undefined
  readonly clientId: string
  readonly expiresAt: number
}

interface Receiver {
  readonly server: OAuthServer
  readonly clientId: string
  readonly now: number
}

/** The parameters of an answer to what was begun; anything else is why it is none. The judge is oauth4webapi. */
export const whatCameBack = (
  callback: string | URL | URLSearchParams,
  begun: Begun,
  { clientId, now, server }: Receiver
): Result.Result<URLSearchParams, AuthError.Reason> => {
  const parameters = parametersOf(callback)
  if (parameters === undefined) return Result.fail(invalid("code", "it is no URL"))
  if (begun.issuer !== server.issuer || begun.clientId !== clientId) {
    return Result.fail(invalid("issuer", "the login began at another server, or for another client"))
  }
  if (now >= begun.expiresAt) return Result.fail(invalid("expired", "the login took too long"))
  try {
    const { issuer = unnamed, namesItselfInCallbacks } = server
    const as = { issuer, authorization_response_iss_parameter_supported: namesItselfInCallbacks }
    const answer = oauth.validateAuthResponse(as, { client_id: clientId }, parameters, begun.state)
    const [code = "", ...others] = parameters.getAll("code")
    return code !== "" && others.length === 0
      ? Result.succeed(answer)
      : Result.fail(invalid("code", code === "" ? "it brings no code" : "it brings several codes"))
  } catch (error) {
    return Result.fail(
      error instanceof oauth.AuthorizationResponseError ? refused(parameters) : whyNot(parameters, begun, server)
    )
  }
}

export const codeOf = (parameters: URLSearchParams): Redacted.Redacted<string> =>
  Redacted.make(parameters.get("code") ?? "")

/** No callback can name a server that has no name. */
const unnamed = "urn:causeway:unnamed"

const parametersOf = (callback: string | URL | URLSearchParams): URLSearchParams | undefined => {
  if (callback instanceof URLSearchParams) return callback
  return (typeof callback === "string" ? URL.parse(callback) : callback)?.searchParams
}

const invalid = (why: AuthError.InvalidCallback["why"], issue: string): AuthError.InvalidCallback =>
  new AuthError.InvalidCallback({ why, issue })

const refused = (parameters: URLSearchParams): AuthError.Reason => {
  const secrets = parameters.getAll("code")
  const words = (name: string) => {
    const said = parameters.get(name)
    return said === null || said === "" ? undefined : said
  }
  const said = { status: undefined, description: words("error_description"), uri: words("error_uri") }
  return AuthError.refusal(parameters.get("error") ?? "", said, secrets)
}

const whyNot = (parameters: URLSearchParams, begun: Begun, server: OAuthServer): AuthError.Reason => {
  const [state, ...otherStates] = parameters.getAll("state")
  if (state !== begun.state || otherStates.length > 0) {
    return invalid("state", state === undefined ? "it has no state" : "it is no answer to this login")
  }
  const [issuer, ...otherIssuers] = parameters.getAll("iss")
  if (issuer === undefined && server.namesItselfInCallbacks) return invalid("issuer", "it does not name its server")
  if ((issuer !== undefined && issuer !== server.issuer) || otherIssuers.length > 0) {
    return invalid("issuer", "another server has sent it")
  }
  return invalid("code", "it is not what a server answers with")
}
