/** What the options of OAuth clients and servers accept. */
import { Effect } from "effect"
import { isMade } from "../../policy/internal/made.ts"
import { checkPolicy } from "../../policy/internal/policyCheck.ts"
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as OAuthClient from "../OAuthClient.ts"
import type * as OAuthDiscovery from "../OAuthDiscovery.ts"
import type { OAuthQuirks } from "../OAuthQuirks.ts"
import type * as OAuthServer from "../OAuthServer.ts"
import { checkDpop, checkIntegration, checkSecret } from "./optionChecks.ts"

const { anyText, either, flag, list, oneOf, record, required, text } = OptionCheck

const status = OptionCheck.satisfies(
  "a status from 200 to 299",
  (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) < 300
)

export const checkQuirks = record<Partial<OAuthQuirks>>({
  successStatuses: list(status),
  errorsInSuccess: flag,
  errorCodes: OptionCheck.dictionary(text),
  answers: oneOf("json", "form", "untyped"),
  tokenAt: list(text),
  tokenType: text,
  scopes: oneOf("spaces", "commas", "list"),
  scopeSeparator: oneOf(" ", ","),
  textualExpiry: flag,
  defaultExpiry: OptionCheck.integer(1),
  nullIsAbsent: flag,
  secretMembers: list(text),
  errorAt: record<OAuthQuirks["errorAt"]>({ code: required(list(text, 1)), words: required(list(text)) }),
  plainBasic: flag,
  clientIdParameter: text,
  loginWithout: list(oneOf("nonce", "pkce")),
  memberNames: oneOf("snake_case", "camelCase"),
  absoluteExpiry: oneOf("seconds", "milliseconds", "date")
})

const origin = OptionCheck.satisfies(
  'an origin such as "https://id.example.com"',
  (value) => typeof value === "string" && URL.parse(value)?.origin === value
)

const endpoints: OptionCheck.Shape<OAuthServer.Endpoints> = {
  authorizationEndpoint: anyText,
  tokenEndpoint: anyText,
  deviceAuthorizationEndpoint: anyText,
  pushedAuthorizationRequestEndpoint: anyText,
  introspectionEndpoint: anyText,
  revocationEndpoint: anyText,
  userinfoEndpoint: anyText,
  jwksUri: anyText
}

export const checkServer = record<OAuthServer.Options>({
  ...endpoints,
  issuer: anyText,
  mtlsEndpoints: record<OAuthServer.Endpoints>(endpoints),
  namesItselfInCallbacks: flag,
  requiresPushedRequests: flag,
  idTokenAlgorithms: list(text),
  trustedOrigins: list(origin),
  quirks: checkQuirks,
  allowInsecureRequests: flag
})

const server = either(
  Effect.isEffect,
  OptionCheck.effect,
  OptionCheck.satisfies("what OAuthServer.make returns, or an Effect of it", (value) => isMade("quirks", value))
)

const authentication = either(
  (value) => Object(value).secret !== undefined,
  (option, value) => {
    checkMethod(option, value)
    checkSecret(`${option}.secret`, Object(value).secret)
  },
  (option, value) => checkMethod(option, value)
)

const checkMethod = OptionCheck.satisfies(
  "what a constructor of ClientAuthentication returns",
  (value) => typeof Object(value).method === "string"
)

export const checkClientOptions = record<OAuthClient.Options>({
  integration: required(checkIntegration),
  server: required(server),
  clientId: required(text),
  authentication: required(authentication),
  dpop: checkDpop,
  policy: checkPolicy,
  renewalTimeout: OptionCheck.positiveDuration,
  tenant: text
})

export const checkDiscovery = record<OAuthDiscovery.Options>({
  integration: required(checkIntegration),
  issuer: required(text),
  describedIssuer: text,
  kind: oneOf("openid", "oauth2"),
  timeToLive: OptionCheck.positiveDuration,
  staleIfError: OptionCheck.duration,
  policy: checkPolicy,
  quirks: checkQuirks,
  allowInsecureRequests: flag,
  untrustedIssuer: flag,
  allowPrivateNetworks: flag
})
