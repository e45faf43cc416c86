/**
 * Digest access authentication: a password that is never sent, only what proves that we know it.
 *
 * **When to use**
 *
 * For devices and servers that ask for it: cameras, routers, some databases. Over TLS, where a provider offers anything
 * else, that is better.
 *
 * **Details**
 *
 * The first request goes without an answer, is refused with a challenge, and is made once more; those that follow use the
 * same nonce, counted, until the server says that it is stale or names the next one. Of several challenges the strongest is
 * answered: SHA-512-256, then SHA-256, each also as `-sess`. `auth` and `auth-int` are known, and so is a hashed user name.
 *
 * **Gotchas**
 *
 * MD5, which many devices offer alone, is answered only with `allowMd5`. A streamed body cannot be sent a second time: make
 * another request first. A server may refuse counts that arrive out of order: let it have one request at a time then, by
 * a bulkhead.
 *
 * **Example** (A camera)
 *
 * ```ts
 * import { Config, Layer, Schema } from "effect"
 * import { DigestAuth } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Camera extends Integration.Service<Camera>()("app/Camera", {
 *   baseUrl: "https://camera.example",
 *   endpoints: [Endpoint.get("status", "/status", { success: Schema.String })]
 * }) {}
 *
 * const live = Camera.layer.pipe(
 *   Layer.provide(DigestAuth.layer(Camera, "admin", Config.Redacted("CAMERA_PASSWORD"), { allowMd5: true }))
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc7616
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import * as InvalidOption from "../policy/InvalidOption.ts"
import type { Scheme } from "./Auth.ts"
import * as Credentials from "./Credentials.ts"
import { Answerer } from "./internal/digest/Answerer.ts"
import * as Reading from "./internal/secret/Reading.ts"
import type * as Secret from "./Secret.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * What is answered to.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Whether MD5 is answered where nothing stronger is offered. It can be broken: only over TLS. Default: false. */
  readonly allowMd5?: boolean
  /** Whether a challenge without `qop` is answered, as RFC 2069 has it: without our own nonce. Default: false. */
  readonly allowMissingQop?: boolean
  /** What is preferred where both are offered; `auth-int` also proves the body. Default: `auth`. */
  readonly qop?: "auth" | "auth-int"
}

/**
 * A user name and a password that answer the challenges of a server. A user name that is empty or has a control character
 * throws `InvalidOption`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7616
 * @since 0.1.0
 * @category layers
 */
export const layer = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  username: string,
  password: S,
  options: Options = {}
): Scheme<Self, S> => {
  Check.checkTarget("digestAuth.integration", integration)
  Check.checkSecret("digestAuth.password", password)
  Check.checkDigest("digestAuth", options)
  const acceptance = {
    allowMd5: options.allowMd5 ?? false,
    allowMissingQop: options.allowMissingQop ?? false,
    preferred: options.qop ?? "auth"
  } as const
  const user = userName(username)
  const name = Credentials.integrationOf(integration)
  const secret = Reading.open(password, { integration: name, what: "password", problemOf })
  return Layer.effect(
    integration.credentials,
    Effect.map(Reading.both(Reading.plain(user), secret), (reading) => new Answerer(name, reading, acceptance))
  )
}

const userName = (name: string): string => {
  Check.checkUserName("digestAuth.username", name)
  if (name !== "" && !controlCharacter.test(name)) return name
  throw new InvalidOption.InvalidOption({
    option: "digestAuth.username",
    actual: name === "" ? "empty" : "a name that holds a control character",
    accepts: "a name without control characters"
  })
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacter = /[\x00-\x1f\x7f]/

const problemOf = (password: string): string | undefined => {
  if (password.trim() === "") return "is empty"
  return controlCharacter.test(password) ? "holds a control character, such as a line break" : undefined
}
