/**
 * AWS Signature Version 4: requests signed in their headers, and URLs signed for somebody else to use.
 *
 * **When to use**
 *
 * For AWS, and for what speaks its language: S3 of any maker, MinIO, Cloudflare R2, OpenSearch. {@link layer} signs every
 * attempt of an integration; {@link presign} gives a URL.
 *
 * **Details**
 *
 * All headers are signed but those that proxies and clients change. The query is sent as it is signed, with `%20` for a
 * space. S3 takes paths as they are; the paths of other services are tidied up and encoded once more. The key of a day is
 * derived once. A refusal whose `Date` is far from ours sets our clock right for the requests that follow.
 *
 * **Gotchas**
 *
 * A streamed body cannot be hashed before it is sent: set `payload` to `chunked`, which needs its length, or `unsigned`. AWS
 * refuses with 403, which is not unauthorized by itself: give {@link classify} to the integration, so that a request that
 * was refused for its time, or for an expired session token, is made once more.
 *
 * **Example** (Objects in a bucket)
 *
 * ```ts
 * import { Layer, Schema } from "effect"
 * import { AwsSignature } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Bucket extends Integration.Service<Bucket>()("app/Bucket", {
 *   baseUrl: "https://examplebucket.s3.amazonaws.com",
 *   endpoints: [Endpoint.get("object", "/:key", { params: { key: Schema.String }, success: Schema.Unknown })],
 *   classify: AwsSignature.classify
 * }) {}
 *
 * const live = Bucket.layer.pipe(
 *   Layer.provide(AwsSignature.layer(Bucket, { region: "us-east-1", service: "s3" }, AwsSignature.environment))
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @since 0.1.0
 */
import { Config, type Duration, Effect, Layer, Option, Redacted, type Result } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as Failure from "../policy/Failure.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import type { UnsignableRequest } from "./AuthError.ts"
import * as Credentials from "./Credentials.ts"
import { s3Paths, standardPaths } from "./internal/aws/canonical.ts"
import { skewOf } from "./internal/aws/Clockwork.ts"
import { Signer } from "./internal/aws/Signer.ts"
import { signHeaders, signUrl, type Target } from "./internal/aws/signing.ts"
import { SigningKeys } from "./internal/aws/SigningKeys.ts"
import { attempt } from "./internal/signing/outgoing.ts"
import * as Supply from "./internal/signing/Supply.ts"
import * as Check from "./internal/optionChecks.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"

/**
 * An access key, its secret, and the token of a session where it is a temporary one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/security-creds.html
 * @since 0.1.0
 * @category models
 */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  readonly sessionToken: Redacted.Redacted<string> | undefined
}

/**
 * How the body is signed.
 *
 * | | |
 * |---|---|
 * | `signed` | by its hash; a streamed body is refused |
 * | `unsigned` | not at all: over TLS only |
 * | `chunked` | what is streamed in chunks of 64 KiB, each with a signature (S3); anything else by its hash |
 * | `unsignedChunked` | what is streamed in chunks with a SHA-256 checksum at the end (S3, over TLS only); anything else by its hash |
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @since 0.1.0
 * @category models
 */
export type Payload = "signed" | "unsigned" | "chunked" | "unsignedChunked"

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Such as `us-east-1`. */
  readonly region: string
  /** The name that the service signs with, such as `s3`, `execute-api` or `es`. */
  readonly service: string
  /** How bodies are signed, or a function that says it for each request. Default: `signed`. */
  readonly payload?: Payload | ((request: HttpClientRequest) => Payload)
  /** Default: `s3` for services whose name begins with `s3`, else `standard`. */
  readonly pathRules?: "s3" | "standard"
  /** More headers that are not signed, because something on the way changes them. Default: none. */
  readonly unsignedHeaders?: ReadonlyArray<string>
  /** How far our clock is set right at most; a larger skew is a `ClockSkew`. 0 for not at all. Default: 1 day. */
  readonly maxClockCorrection?: Duration.Input
}

/**
 * For what requests are signed, and the keys of the day.
 *
 * @since 0.1.0
 * @category models
 */
export interface AwsSignature extends Target {
  readonly maxClockCorrectionMillis: number
}

/**
 * Makes a signer of one service in one region. An option that makes no sense throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): AwsSignature => {
  Check.checkAws("awsSignature", options)
  const { payload = "signed" } = options
  const service = scopePart("awsSignature.service", options.service)
  const pathRules = options.pathRules ?? (service.startsWith("s3") ? "s3" : "standard")
  return {
    region: scopePart("awsSignature.region", options.region),
    service,
    payloadOf: typeof payload === "function" ? payload : () => payload,
    paths: pathRules === "s3" ? s3Paths : standardPaths,
    unsignedHeaders: new Set(
      options.unsignedHeaders?.map((name) =>
        InvalidOption.httpToken("awsSignature.unsignedHeaders", name).toLowerCase()
      )
    ),
    keys: new SigningKeys(),
    maxClockCorrectionMillis: InvalidOption.finiteMillis(
      "awsSignature.maxClockCorrection",
      options.maxClockCorrection ?? "1 day"
    )
  }
}

const scopePart = (option: string, value: string): string => {
  if (/^[\w.-]+$/.test(value)) return value
  throw new InvalidOption.InvalidOption({
    option,
    actual: JSON.stringify(value),
    accepts: 'letters, digits, dashes and dots, such as "us-east-1"'
  })
}

/**
 * Makes credentials. What cannot be any, such as an empty secret, is told when they are used.
 *
 * @since 0.1.0
 * @category constructors
 */
export const credentials = (
  accessKeyId: string,
  secretAccessKey: Redacted.Redacted<string>,
  sessionToken?: Redacted.Redacted<string>
): AwsCredentials => {
  OptionCheck.anyText("awsCredentials.accessKeyId", accessKeyId)
  OptionCheck.redacted("awsCredentials.secretAccessKey", secretAccessKey)
  OptionCheck.optional(OptionCheck.redacted)("awsCredentials.sessionToken", sessionToken)
  return { accessKeyId, secretAccessKey, sessionToken }
}

/**
 * The credentials of the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `AWS_SESSION_TOKEN` when it is
 * set.
 *
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 * @since 0.1.0
 * @category constructors
 */
export const environment: Config.Config<AwsCredentials> = Config.map(
  Config.all([
    Config.String("AWS_ACCESS_KEY_ID"),
    Config.Redacted("AWS_SECRET_ACCESS_KEY"),
    Config.option(Config.Redacted("AWS_SESSION_TOKEN"))
  ]),
  ([accessKeyId, secretAccessKey, sessionToken]) =>
    credentials(accessKeyId, secretAccessKey, Option.getOrUndefined(Option.filter(sessionToken, isNotEmpty)))
)

const isNotEmpty = (secret: Redacted.Redacted<string>): boolean => Redacted.value(secret) !== ""

/**
 * The Layer that signs every attempt of an integration. From `Config` the credentials are read once, from an Effect at
 * each attempt: let it keep what it has fetched for as long as that holds.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Self, S extends Supply.Supply<AwsCredentials>>(
  integration: Credentials.Target<Self>,
  options: Options,
  source: S
): Layer.Layer<Credentials.Credentials<Self>, Supply.BuildError<S>, Supply.Services<S>> => {
  Check.checkTarget("awsSignature.integration", integration)
  Check.checkSupply("awsSignature.source", source)
  const target = make(options)
  return Layer.effect(
    integration.credentials,
    Effect.map(
      Supply.open<AwsCredentials, S>(source, "AWS credentials", problemOf),
      (pair) => new Signer(Credentials.integrationOf(integration), target, pair, target.maxClockCorrectionMillis)
    )
  )
}

/**
 * Signs one request for this time, in milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category signing
 */
export const sign = (
  signature: AwsSignature,
  request: HttpClientRequest,
  given: { readonly credentials: AwsCredentials; readonly now: number }
): Result.Result<HttpClientRequest, UnsignableRequest> =>
  attempt(() => signHeaders(request, signature, given.credentials, given.now).request)

/**
 * A URL that holds its own signature, from this time on, for as long as it says: at most 7 days, and by default 15
 * minutes; anything else throws `InvalidOption`. `x-amz-` headers go into the query; other headers must be sent as they
 * are. Whoever has the URL can use it, so it is a secret.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @since 0.1.0
 * @category signing
 */
export const presign = (
  signature: AwsSignature,
  request: HttpClientRequest,
  given: { readonly credentials: AwsCredentials; readonly now: number; readonly expiresIn?: Duration.Input }
): Result.Result<Redacted.Redacted<string>, UnsignableRequest> => {
  const seconds = expiresSeconds(given.expiresIn ?? "15 minutes")
  return attempt(() => Redacted.make(signUrl(request, signature, given.credentials, given.now, seconds)))
}

const expiresSeconds = (expiresIn: Duration.Input): number => {
  const seconds = Math.floor(InvalidOption.positiveMillis("presign.expiresIn", expiresIn) / 1_000)
  if (seconds >= 1 && seconds <= 604_800) return seconds
  throw new InvalidOption.InvalidOption({
    option: "presign.expiresIn",
    actual: `${seconds} seconds`,
    accepts: "from 1 second to 7 days"
  })
}

/**
 * The classification of an AWS service: as the default one, and a refusal for a clock that is off, or for credentials that
 * have expired, is `unauthorized`, so that the request is signed anew and made once more.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Failure.Classify = (response) => {
  const verdict = Failure.classify(response)
  return verdict.category === "rejected" && asksForAnother(response)
    ? { ...verdict, category: "unauthorized" }
    : verdict
}

const asksForAnother = (response: Failure.Response): boolean =>
  hasExpired.test(response.headers["x-amzn-errortype"] ?? "") || (skewOf(response, response.now) ?? 0) !== 0

const hasExpired = /^(?:ExpiredToken|RequestExpired|RequestTimeTooSkewed)/

const problemOf = ({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): string | undefined => {
  if (!/^[\x21-\x2b\x2d\x2e\x30-\x7e]+$/.test(accessKeyId))
    return "have an access key id that is empty or cannot be sent"
  if (!isUsable(secretAccessKey)) return "have a secret that is empty, or holds a line break"
  return sessionToken === undefined || isUsable(sessionToken)
    ? undefined
    : "have a session token that is empty, or holds a line break"
}

const isUsable = (secret: Redacted.Redacted<string>): boolean => {
  const value = Redacted.value(secret)
  return value.trim() !== "" && !/[\r\n\0]/.test(value)
}
