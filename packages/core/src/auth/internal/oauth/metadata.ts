import { Result, type Schema } from "effect"
import type { OAuthQuirks } from "../../OAuthQuirks.ts"
import type { Endpoints, OAuthServer } from "../../OAuthServer.ts"
import type { Fields } from "./answer.ts"
import { problemOfForeignUrl, type Reach } from "./endpointUrl.ts"
import { requiredText, text } from "./tokenFields.ts"

export interface Rules extends Reach {
  /** The name that it must have. */
  readonly issuer: string
  readonly quirks: OAuthQuirks
}

/** The names of RFC 8414 for the endpoints. */
const endpointMembers = {
  authorizationEndpoint: "authorization_endpoint",
  tokenEndpoint: "token_endpoint",
  deviceAuthorizationEndpoint: "device_authorization_endpoint",
  pushedAuthorizationRequestEndpoint: "pushed_authorization_request_endpoint",
  introspectionEndpoint: "introspection_endpoint",
  revocationEndpoint: "revocation_endpoint",
  userinfoEndpoint: "userinfo_endpoint",
  jwksUri: "jwks_uri"
} as const satisfies Readonly<Record<keyof Endpoints, string>>

/** The server that a description is of, or what is wrong with it. */
export const serverIn = (fields: Fields, rules: Rules): Result.Result<OAuthServer, string> =>
  Result.gen(function* () {
    const issuer = yield* requiredText(fields, "issuer")
    // A slash after the host alone is the same name.
    if (issuer !== rules.issuer && URL.parse(issuer)?.href !== URL.parse(rules.issuer)?.href)
      return yield* Result.fail("it is of another issuer")
    const aliases = fields["mtls_endpoint_aliases"]
    return {
      ...(yield* endpointsIn(fields, rules)),
      issuer,
      mtlsEndpoints: isFields(aliases) ? yield* endpointsIn(aliases, rules) : {},
      namesItselfInCallbacks: fields["authorization_response_iss_parameter_supported"] === true,
      requiresPushedRequests: fields["require_pushed_authorization_requests"] === true,
      idTokenAlgorithms: textsOf(fields["id_token_signing_alg_values_supported"]),
      quirks: rules.quirks,
      trustedOrigins: rules.trustedOrigins
    }
  })

const isFields = (value: Schema.Json | undefined): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const endpointsIn = (fields: Fields, rules: Rules): Result.Result<Endpoints, string> =>
  Result.gen(function* () {
    const endpoints: { -readonly [Name in keyof Endpoints]: string } = {}
    for (const [name, member] of Object.entries(endpointMembers)) {
      const url = yield* text(fields, member)
      if (url === undefined) continue
      const problem = problemOfForeignUrl(url, rules)
      if (problem !== undefined) return yield* Result.fail(`its ${member} ${problem}`)
      // The names in the table are those of endpoints.
      endpoints[name as keyof Endpoints] = url
    }
    return endpoints
  })

/** Without `none`: what is not signed is not taken. */
const textsOf = (value: Schema.Json | undefined): ReadonlyArray<string> | undefined =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string" && each !== "none") : undefined
