/**
 * How a client proves to an authorization server which one it is: each method is data.
 *
 * **When to use**
 *
 * What the provider's documentation or metadata (`token_endpoint_auth_methods_supported`) names; where there is a choice,
 * {@link privateKeyJwt} or {@link mutualTls}, which send no secret.
 *
 * **Details**
 *
 * Secrets and keys are a `Config`, an Effect, or a secret by its name that is looked up again when the server refuses it.
 * An assertion is signed anew at each attempt and holds for a minute.
 *
 * **Gotchas**
 *
 * A program on the machine of its user has no secret that it could keep: {@link none}, with PKCE or a device code.
 *
 * **Example** (A secret, and a key)
 *
 * ```ts
 * import { Config } from "effect"
 * import { ClientAuthentication, Secret } from "@causeway/core/auth"
 *
 * const bySecret = ClientAuthentication.basic(Config.Redacted("CALENDAR_SECRET"))
 * const byKey = ClientAuthentication.privateKeyJwt(Secret.named("CALENDAR_KEY"), { algorithm: "ES256", keyId: "2026-11" })
 *
 * console.assert(bySecret.method === "client_secret_basic" && byKey.method === "private_key_jwt")
 * ```
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication
 * @since 0.1.0
 */
import type { Algorithm } from "./JwtKey.ts"
import type * as Secret from "./Secret.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * How an assertion is signed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Signing {
  /** Such as `ES256`, `RS256`, `PS256` or `EdDSA`; with a secret, `HS256`, `HS384` or `HS512`. */
  readonly algorithm: Algorithm
  /** The `kid` of the key. Default: none. */
  readonly keyId?: string | undefined
  /** Whom the assertion names as its audience. Default: the issuer, or the token endpoint of a server that has no name. */
  readonly audience?: "issuer" | "tokenEndpoint" | undefined
}

/**
 * A method of authentication whose secret is an `S`.
 *
 * @since 0.1.0
 * @category models
 */
export type ClientAuthentication<S extends Secret.Input = never> =
  | { readonly method: "none" }
  | { readonly method: "tls_client_auth" }
  | { readonly method: "client_secret_basic"; readonly secret: S }
  | { readonly method: "client_secret_post"; readonly secret: S }
  | { readonly method: "client_secret_jwt"; readonly secret: S; readonly signing: Signing }
  | { readonly method: "private_key_jwt"; readonly secret: S; readonly signing: Signing }

/**
 * None: a public client says which one it is and proves nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.1
 * @since 0.1.0
 * @category methods
 */
export const none: ClientAuthentication = { method: "none" }

/**
 * The certificate of the connection: give the client an `HttpClient` whose transport has it. Where the server has other
 * endpoints for such clients, these are asked.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-2
 * @since 0.1.0
 * @category methods
 */
export const mutualTls: ClientAuthentication = { method: "tls_client_auth" }

/**
 * Id and secret in the `Authorization` header, each form-encoded first.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 * @since 0.1.0
 * @category methods
 */
export const basic = <S extends Secret.Input>(secret: S): ClientAuthentication<S> => {
  Check.checkSecret("clientAuthentication.secret", secret)
  return { method: "client_secret_basic", secret }
}

/**
 * Id and secret among the parameters.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 * @since 0.1.0
 * @category methods
 */
export const post = <S extends Secret.Input>(secret: S): ClientAuthentication<S> => {
  Check.checkSecret("clientAuthentication.secret", secret)
  return { method: "client_secret_post", secret }
}

/**
 * An assertion authenticated with the secret, which must be as long as the hash: 32 bytes for HS256, the default. An
 * algorithm that is no HMAC throws `InvalidOption`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @since 0.1.0
 * @category methods
 */
export const secretJwt = <S extends Secret.Input>(
  secret: S,
  signing: Partial<Signing> = {}
): ClientAuthentication<S> => {
  Check.checkSecret("clientAuthentication.secret", secret)
  Check.checkSecretSigning("clientAuthentication", signing)
  return { method: "client_secret_jwt", secret, signing: { ...signing, algorithm: signing.algorithm ?? "HS256" } }
}

/**
 * An assertion signed with a private key: a PKCS #8 in PEM, or a JSON Web Key. An algorithm that no such key signs with
 * throws `InvalidOption`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @since 0.1.0
 * @category methods
 */
export const privateKeyJwt = <S extends Secret.Input>(privateKey: S, signing: Signing): ClientAuthentication<S> => {
  Check.checkSecret("clientAuthentication.privateKey", privateKey)
  Check.checkKeySigning("clientAuthentication", signing)
  return { method: "private_key_jwt", secret: privateKey, signing: { ...signing } }
}
