/** What the options of credentials, keys, tokens and logins accept. */
import { Config, Effect, Redacted } from "effect"
import { isMade } from "../../policy/internal/made.ts"
import { checkPolicy } from "../../policy/internal/policyCheck.ts"
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as AuthorizationCode from "../AuthorizationCode.ts"
import type { ApiKeyPlace } from "../Auth.ts"
import type * as AwsSignature from "../AwsSignature.ts"
import type * as BearerAuth from "../BearerAuth.ts"
import type * as ClientAuthentication from "../ClientAuthentication.ts"
import type * as DigestAuth from "../DigestAuth.ts"
import type * as DpopProof from "../DpopProof.ts"
import type { Grant } from "../Grant.ts"
import type * as IdToken from "../IdToken.ts"
import type * as Jwks from "../Jwks.ts"
import type * as Jwt from "../Jwt.ts"
import type * as JwtKey from "../JwtKey.ts"
import type * as JwtVerifier from "../JwtVerifier.ts"
import type * as OAuth from "../OAuth.ts"
import type { Form } from "../Secret.ts"
import type { FolderOptions } from "../SecretSourceFiles.ts"
import type { PollOptions } from "../SecretSource.ts"
import type { Token } from "../Token.ts"
import type * as Tokens from "../Tokens.ts"
import type * as ToolLogin from "../ToolLogin.ts"
import type * as WebLogin from "../WebLogin.ts"
import { algorithms } from "./jwt/algorithms.ts"
import type { Wishes } from "./oauth/parameters.ts"
import { checkTarget } from "./target.ts"

const { anything, anyText, callback, dictionary, duration, either, flag, integer, list, oneOf, optional, required } =
  OptionCheck

const { positiveDuration, record, redacted, text } = OptionCheck

/** What a secret is read from. */
export const checkSecret = OptionCheck.secret(
  "a Config, an Effect or a Secret that a Redacted text is read from",
  (value) => Config.isConfig(value) || Effect.isEffect(value) || isMade("~causeway/auth/Secret", value)
)

/** What credentials of several parts are read from. */
export const checkSupply = OptionCheck.secret(
  "a Config or an Effect",
  (value) => Config.isConfig(value) || Effect.isEffect(value)
)

const integration = either((value) => typeof value === "string", text, checkTarget)

const isText = (value: unknown): boolean => typeof value === "string"

const oneOrMore = (check: OptionCheck.Check): OptionCheck.Check => either(isText, check, list(check))

const texts = either(isText, text, list(text, 1))

const algorithm = oneOf(...Object.keys(algorithms))

const keyPairAlgorithm = oneOf(...Object.keys(algorithms).filter((name) => !name.startsWith("HS")))

const algorithmList = list(algorithm, 1)

const keys = OptionCheck.satisfies(
  "a key, an array of keys, or a Jwks",
  (value) =>
    isMade("~causeway/auth/Jwks", value) ||
    isVerifyingKey(value) ||
    (Array.isArray(value) && value.every(isVerifyingKey))
)

const isVerifyingKey = (value: unknown): boolean => isMade("alg", value) && isMade("kid", value)

export const checkSigningKey = OptionCheck.secret("what JwtKey.signing or JwtKey.generate returns", (value) =>
  isMade("verifying", value)
)

export const checkPlace = record<ApiKeyPlace>({
  in: required(oneOf("header", "query", "cookie")),
  name: required(text)
})

/** A user name may be a key at some providers: it is not shown. */
export const checkUserName = OptionCheck.secret("a text", isText)

export const checkAws = record<AwsSignature.Options>({
  region: required(text),
  service: required(text),
  payload: either(
    (value) => typeof value === "function",
    callback,
    oneOf("signed", "unsigned", "chunked", "unsignedChunked")
  ),
  pathRules: oneOf("s3", "standard"),
  unsignedHeaders: list(OptionCheck.httpToken),
  maxClockCorrection: duration
})

export const checkBearerAuth = record<BearerAuth.Options>({
  realm: text,
  scope: either(isText, anyText, list(text)),
  dpop: record<NonNullable<BearerAuth.Options["dpop"]>>({
    baseUrl: required(text),
    algorithms: list(keyPairAlgorithm, 1),
    maxAge: positiveDuration,
    tolerance: duration,
    remember: callback,
    mostRemembered: integer(1)
  }),
  clientCertificate: callback
})

export const checkVerifier = OptionCheck.satisfies("what JwtVerifier.make returns", (value) => isMade("verify", value))

/** A verifier, or an Effect of it. */
export const checkVerifierSource = either(Effect.isEffect, anything, checkVerifier)

const audience = oneOf("issuer", "tokenEndpoint")

export const checkSecretSigning = record<Partial<ClientAuthentication.Signing>>({
  algorithm: oneOf("HS256", "HS384", "HS512"),
  keyId: text,
  audience
})

export const checkKeySigning = record<ClientAuthentication.Signing>({
  algorithm: required(keyPairAlgorithm),
  keyId: text,
  audience
})

export const checkDigest = record<DigestAuth.Options>({
  allowMd5: flag,
  allowMissingQop: flag,
  qop: oneOf("auth", "auth-int")
})

const url = OptionCheck.satisfies("a URL", (value) => isText(value) || value instanceof URL)

const proofShape: OptionCheck.Shape<DpopProof.Input> = {
  method: required(text),
  url: required(url),
  accessToken: redacted,
  nonce: text
}

export const checkProof = record<DpopProof.Input>(proofShape)

export const checkExpectedProof = record<DpopProof.Expected>({
  ...proofShape,
  jkt: text,
  algorithms: algorithmList,
  maxAge: positiveDuration,
  tolerance: duration
})

export const checkAlgorithm = algorithm

export const checkDpopKey = OptionCheck.secret("what DpopProof.key or DpopProof.generate returns", (value) =>
  isMade("jkt", value)
)

export const checkDpop = OptionCheck.satisfies("what Dpop.make returns", (value) =>
  isMade("~causeway/auth/Dpop", value)
)

export const checkGrant = record<Grant>({ obtain: OptionCheck.effect, refresh: callback, reauthorizeUrl: text })

/** A grant, or an Effect of it. */
export const checkGrantSource = either(Effect.isEffect, anything, checkGrant)

export const checkKeySet = OptionCheck.satisfies('an object with "keys"', (value) => Array.isArray(Object(value).keys))

export const checkIdToken = record<IdToken.Options & { readonly claims?: unknown }>({
  keys: required(keys),
  issuer: required(text),
  clientId: required(text),
  algorithms: algorithmList,
  trustedAudiences: list(text),
  authorizedParties: list(text),
  tolerance: duration,
  maxSize: integer(1),
  name: text,
  claims: OptionCheck.schema
})

export const checkVerifierOptions = record<JwtVerifier.Options & { readonly claims?: unknown }>({
  keys: required(keys),
  algorithms: required(algorithmList),
  issuer: required(texts),
  audience: required(texts),
  subject: text,
  typ: texts,
  tolerance: duration,
  maxAge: positiveDuration,
  maxSize: integer(1),
  cache: integer(0),
  name: text,
  claims: OptionCheck.schema
})

export const checkJwksUrl = url

export const checkJwks = record<Jwks.Options>({
  timeToLive: positiveDuration,
  staleIfError: duration,
  cooldown: duration,
  maxSize: integer(1),
  maxKeys: integer(1),
  policy: checkPolicy,
  name: text,
  allowInsecureRequests: flag,
  allowPrivateNetworks: flag
})

export const checkJwt = record<Jwt.SignOptions>({
  iss: text,
  sub: text,
  aud: texts,
  lifetime: required(positiveDuration),
  backdate: duration,
  nbf: flag,
  jti: either(isText, text, oneOf(false)),
  typ: text,
  claims: dictionary(
    OptionCheck.satisfies("a value that JSON can express", (value) => JSON.stringify(value) !== undefined)
  )
})

const keyShape: OptionCheck.Shape<JwtKey.Options> = {
  alg: required(algorithm),
  kid: text,
  encoding: oneOf("utf8", "base64", "base64url", "hex"),
  allowGuessableSecret: flag
}

export const checkKeyOptions = record<JwtKey.Options>(keyShape)

export const checkSigningOptions = record<JwtKey.SigningOptions>({ ...keyShape, passphrase: redacted })

export const checkKeyName = record<Pick<JwtKey.Options, "kid">>({ kid: text })

export const checkKeyInput = OptionCheck.secret(
  "a PEM, a JSON Web Key or a secret, as a text, a record or Redacted",
  (value) => isText(value) || Redacted.isRedacted(value) || isMade("kty", value)
)

/** Names the kind only: a key may be secret. */
export const checkKeyRecord = OptionCheck.secret("a JSON Web Key", (value) => isMade("kty", value))

export const wishesShape = {
  scope: either(isText, anyText, list(text)),
  resource: oneOrMore(text),
  audience: oneOrMore(text),
  parameters: dictionary(anyText)
}

export const checkWishes = record<Wishes>(wishesShape)

export const checkRefreshing = record<OAuth.Options & { readonly reauthorizeUrl?: string }>({
  ...wishesShape,
  reauthorizeUrl: text
})

export const checkExchange = record<Parameters<typeof OAuth.tokenExchange>[1]>({
  ...wishesShape,
  subject: required(OptionCheck.effect),
  actor: OptionCheck.effect,
  requestedType: text
})

export const checkHint = optional(oneOf("access_token", "refresh_token"))

export const checkClient = OptionCheck.satisfies("what OAuthClient.make returns", (value) =>
  isMade("~causeway/auth/OAuthClient", value)
)

const authorizationShape = {
  ...wishesShape,
  prompt: text,
  loginHint: text,
  maxAge: duration,
  push: flag,
  within: positiveDuration
}

export const checkAuthorization = record<AuthorizationCode.Options>({
  ...authorizationShape,
  redirectUri: required(text)
})

export const checkLoopback = record<ToolLogin.LoopbackOptions>({
  ...authorizationShape,
  path: text,
  hostname: oneOf("127.0.0.1", "localhost")
})

export const checkWebLogin = record<WebLogin.Options<unknown>>({
  client: required(checkClient),
  origin: required(text),
  startPath: text,
  callbackPath: text,
  redirectUri: text,
  authorization: record<Omit<AuthorizationCode.Options, "redirectUri">>(authorizationShape),
  returnTo: list(text),
  tenant: required(callback),
  tokens: required(callback),
  onRefused: callback
})

export const checkForm = record<Form>({
  startsWith: oneOrMore(text),
  pattern: OptionCheck.satisfies("a RegExp", (value) => value instanceof RegExp)
})

const pollShape: OptionCheck.Shape<PollOptions> = { pollEvery: positiveDuration }

export const checkPoll = record<PollOptions>(pollShape)

export const checkFolder = record<FolderOptions>({ ...pollShape, folder: text })

/** The values are secrets: a refused one is not shown. */
export const checkSecrets = dictionary(OptionCheck.secret("a text", isText))

const time = OptionCheck.satisfies("a time in milliseconds since the epoch", Number.isFinite)

type TokenFields = Pick<Token, "accessToken" | "obtainedAt"> & Partial<Token>

export const checkToken = record<TokenFields>({
  accessToken: required(redacted),
  tokenType: text,
  obtainedAt: required(time),
  expiresAt: time,
  refreshToken: redacted,
  idToken: redacted,
  scope: list(anyText),
  extra: dictionary(anything),
  refreshExpiresAt: time,
  secrets: dictionary(redacted)
})

export const checkPrefix = record<{ readonly prefix?: string }>({ prefix: anyText })

export const tokensShape: OptionCheck.Shape<Tokens.Options> = {
  leeway: duration,
  jitter: either((value) => value === 0, anything, OptionCheck.ratio),
  cooldown: positiveDuration,
  maxCooldown: positiveDuration,
  keepFresh: positiveDuration,
  onReauthorization: callback,
  timeout: positiveDuration,
  lease: positiveDuration
}

export const checkTokens = record<Tokens.Options>(tokensShape)

export const tokensLayerShape: OptionCheck.Shape<Tokens.LayerOptions> = {
  ...tokensShape,
  tenant: text,
  stamp: callback
}

export const checkTokensLayer = record<Tokens.LayerOptions>(tokensLayerShape)

export const checkOwner = record<{ readonly integration: string; readonly tenant: string }>({
  integration: required(text),
  tenant: required(text)
})

export const checkIntegration = integration

export { checkPolicy, checkTarget }
