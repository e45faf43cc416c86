/** The constructors of the auth room: schemes of credentials, and keys. */
import {
  Auth,
  AwsSignature,
  BearerAuth,
  ClientAuthentication,
  Credentials,
  DigestAuth,
  Dpop,
  DpopProof,
  IdToken,
  Jwks,
  Jwt,
  JwtKey,
  JwtVerifier
} from "@causeway/core/auth"
import { Context, Effect, Schema } from "effect"
import * as accepted from "./accepted.ts"
import { Shop, secret, redacted, any, texts, several, signingKey, verifyingKey, dpopKey } from "./authParts.ts"
import type { Accepted, Row } from "./walk.ts"
import * as HttpClientRequest from "effect/http/HttpClientRequest"

const schemes: ReadonlyArray<Row> = [
  {
    name: "auth/Auth.apiKey",
    options: { integration: Shop, place: { in: "header", name: "x-key" }, key: secret },
    isPositional: true,
    make: ({ integration, key, place }: { integration: typeof Shop; place: never; key: typeof secret }) =>
      Auth.apiKey(integration, place, key),
    whole: ["integration", "key"]
  },
  {
    name: "auth/Auth.bearer",
    options: { integration: Shop, token: secret },
    isPositional: true,
    make: ({ integration, token }: { integration: typeof Shop; token: typeof secret }) =>
      Auth.bearer(integration, token),
    whole: ["integration", "token"]
  },
  {
    name: "auth/Auth.basic",
    options: { integration: Shop, username: "app", password: secret },
    isPositional: true,
    make: ({
      integration,
      password,
      username
    }: {
      integration: typeof Shop
      username: string
      password: typeof secret
    }) => Auth.basic(integration, username, password),
    accepts: { username: any },
    whole: ["integration", "password"]
  },
  {
    name: "auth/Auth.none",
    options: { integration: Shop },
    isPositional: true,
    make: ({ integration }: { integration: typeof Shop }) => Auth.none(integration),
    whole: ["integration"]
  },
  {
    name: "auth/AwsSignature.make",
    options: {
      region: "us-east-1",
      service: "s3",
      payload: "signed",
      pathRules: "s3",
      unsignedHeaders: ["x-own"],
      maxClockCorrection: "1 day"
    },
    make: AwsSignature.make,
    accepts: {
      payload: { values: ["a function"], why: "a function of the request" },
      unsignedHeaders: accepted.anyList,
      maxClockCorrection: accepted.duration
    }
  },
  {
    name: "auth/AwsSignature.layer",
    fullIn: "auth/AwsSignature.make",
    options: { integration: Shop, options: { region: "us-east-1", service: "s3" }, source: AwsSignature.environment },
    isPositional: true,
    make: ({ integration, options, source }: { integration: typeof Shop; options: never; source: never }) =>
      AwsSignature.layer(integration, options, source),
    whole: ["integration", "source"]
  },
  {
    name: "auth/AwsSignature.credentials",
    options: { accessKeyId: "id", secretAccessKey: redacted, sessionToken: redacted },
    isPositional: true,
    make: (given: { accessKeyId: string; secretAccessKey: typeof redacted; sessionToken: typeof redacted }) =>
      AwsSignature.credentials(given.accessKeyId, given.secretAccessKey, given.sessionToken),
    accepts: { accessKeyId: any }
  },
  {
    name: "auth/AwsSignature.presign",
    options: { expiresIn: 5_000 },
    isPositional: true,
    make: ({ expiresIn }: { expiresIn: number }) =>
      AwsSignature.presign(
        AwsSignature.make({ region: "us-east-1", service: "s3" }),
        HttpClientRequest.get("https://s3.example.com/file"),
        { credentials: AwsSignature.credentials("id", redacted), now: 0, expiresIn }
      ),
    accepts: {}
  },
  {
    name: "auth/Credentials.make",
    options: { credentials: { authorize: () => Effect.die("asked"), renew: Effect.succeed(false) } },
    isPositional: true,
    make: ({ credentials }: { credentials: Credentials.Service }) => Credentials.make(credentials),
    whole: ["credentials"]
  },
  {
    name: "auth/Credentials.key",
    options: { integration: "app/Shop" },
    isPositional: true,
    make: ({ integration }: { integration: string }) => Credentials.key(integration),
    accepts: { integration: accepted.text }
  },
  {
    name: "auth/DigestAuth.layer",
    options: {
      integration: Shop,
      username: "app",
      password: secret,
      options: { allowMd5: true, allowMissingQop: true, qop: "auth" }
    },
    isPositional: true,
    make: (given: { integration: typeof Shop; username: string; password: typeof secret; options: never }) =>
      DigestAuth.layer(given.integration, given.username, given.password, given.options),
    accepts: { username: accepted.text, options: accepted.allOptional },
    whole: ["integration", "password"]
  }
]

const clientAuthentication: ReadonlyArray<Row> = [
  ...[ClientAuthentication.basic, ClientAuthentication.post].map((make) => ({
    name: `auth/ClientAuthentication.${make.name}`,
    options: { secret },
    isPositional: true,
    make: ({ secret: given }: { secret: typeof secret }) => make(given),
    whole: ["secret"]
  })),
  {
    name: "auth/ClientAuthentication.secretJwt",
    options: { secret, signing: { algorithm: "HS256", keyId: "1", audience: "issuer" } },
    isPositional: true,
    make: (given: { secret: typeof secret; signing: never }) =>
      ClientAuthentication.secretJwt(given.secret, given.signing),
    accepts: { signing: accepted.allOptional, "signing.keyId": accepted.text },
    whole: ["secret"]
  },
  {
    name: "auth/ClientAuthentication.privateKeyJwt",
    options: { privateKey: secret, signing: { algorithm: "ES256", keyId: "1", audience: "issuer" } },
    isPositional: true,
    make: (given: { privateKey: typeof secret; signing: never }) =>
      ClientAuthentication.privateKeyJwt(given.privateKey, given.signing),
    accepts: { "signing.keyId": accepted.text },
    whole: ["privateKey"]
  }
]

const verifier = JwtVerifier.make({ keys: verifyingKey, algorithms: ["ES256"], issuer: "app", audience: "app" })

const Caller = Context.Service<object, JwtVerifier.Claims>("app/Caller")

const proof = { method: "GET", url: "https://api.example.com", accessToken: redacted, nonce: "1" }

const proofAccepts = { method: accepted.text, url: any, nonce: accepted.text }

const keyText: Accepted = { values: any.values, why: "what is no key fails when it is read" }

const keys: ReadonlyArray<Row> = [
  {
    name: "auth/JwtKey.signing",
    options: {
      key: redacted,
      options: { alg: "HS256", kid: "1", encoding: "utf8", passphrase: redacted, allowGuessableSecret: true }
    },
    isPositional: true,
    make: ({ key, options }: { key: typeof redacted; options: never }) => JwtKey.signing(key, options),
    accepts: { key: keyText, "options.kid": accepted.text }
  },
  {
    name: "auth/JwtKey.verifying",
    options: { key: redacted, options: { alg: "HS256", kid: "1", encoding: "utf8", allowGuessableSecret: true } },
    isPositional: true,
    make: ({ key, options }: { key: typeof redacted; options: never }) => JwtKey.verifying(key, options),
    accepts: { key: keyText, "options.kid": accepted.text }
  },
  {
    name: "auth/JwtKey.generate",
    options: { alg: "HS256", options: { kid: "1" } },
    isPositional: true,
    make: ({ alg, options }: { alg: "HS256"; options: never }) => JwtKey.generate(alg, options),
    accepts: { options: accepted.allOptional, "options.kid": accepted.text }
  },
  {
    name: "auth/JwtKey.thumbprint",
    options: { thumbprint: { kty: "EC", crv: "P-256", x: "x", y: "y" } },
    isPositional: true,
    make: ({ thumbprint }: { thumbprint: JwtKey.Jwk }) => JwtKey.thumbprint(thumbprint),
    whole: ["thumbprint"]
  },
  {
    name: "auth/Jwt.sign",
    options: {
      iss: "app",
      sub: "app",
      aud: ["api"],
      lifetime: 5_000,
      backdate: 500,
      nbf: true,
      jti: "1",
      typ: "JWT",
      claims: { scope: "read" }
    },
    make: (options: never) => Jwt.sign(signingKey, options),
    accepts: {
      iss: accepted.text,
      sub: accepted.text,
      aud: texts,
      "aud.0": accepted.text,
      backdate: accepted.durationInNumbers,
      jti: accepted.text,
      typ: accepted.text,
      claims: accepted.allOptional,
      "claims.scope": {
        values: accepted.anything.values.filter(
          (value) =>
            !["1n", "-1n", "a symbol", "a function", "a value that throws", "a value without a text"].includes(value)
        ),
        why: "any value that JSON can express"
      }
    },
    open: ["claims"]
  },
  {
    name: "auth/Jwt.grant",
    fullIn: "auth/Jwt.sign",
    options: { key: signingKey, options: { lifetime: 5_000 } },
    isPositional: true,
    make: ({ key, options }: { key: JwtKey.SigningKey; options: never }) => Jwt.grant(key, options),
    whole: ["key"]
  },
  {
    name: "auth/JwtVerifier.make",
    options: {
      keys: verifyingKey,
      algorithms: ["ES256"],
      issuer: ["app"],
      audience: "app",
      subject: "app",
      typ: "at+jwt",
      tolerance: 500,
      maxAge: 500,
      maxSize: 500,
      cache: 5,
      name: "api",
      claims: Schema.Struct({})
    },
    make: JwtVerifier.make as Row["make"],
    accepts: {
      issuer: texts,
      "issuer.0": accepted.text,
      audience: texts,
      subject: accepted.text,
      typ: texts,
      tolerance: accepted.durationInNumbers,
      maxAge: accepted.durationInNumbers,
      name: accepted.text
    },
    whole: ["keys"]
  },
  {
    name: "auth/IdToken.make",
    options: {
      keys: [verifyingKey],
      issuer: "https://id.example.com",
      clientId: "app",
      algorithms: ["ES256"],
      trustedAudiences: ["api"],
      authorizedParties: ["app"],
      tolerance: 500,
      maxSize: 500,
      name: "id",
      claims: Schema.Struct({})
    },
    make: IdToken.make as Row["make"],
    accepts: {
      issuer: accepted.text,
      clientId: accepted.text,
      trustedAudiences: accepted.anyList,
      "trustedAudiences.0": accepted.text,
      authorizedParties: accepted.anyList,
      "authorizedParties.0": accepted.text,
      tolerance: accepted.durationInNumbers,
      name: accepted.text
    },
    whole: ["keys"]
  },
  {
    name: "auth/Jwks.make",
    options: {
      timeToLive: 500,
      staleIfError: 500,
      cooldown: 5,
      maxSize: 500,
      maxKeys: 5,
      policy: { timeout: 500 },
      name: "keys",
      allowInsecureRequests: true,
      allowPrivateNetworks: true
    },
    make: (options: never) => Jwks.make("https://keys.example.com/jwks", options),
    accepts: {
      "": accepted.allOptional,
      cooldown: accepted.durationInNumbers,
      staleIfError: accepted.durationInNumbers,
      policy: accepted.allOptional,
      "policy.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing),
      name: accepted.text
    }
  },
  {
    name: "auth/Jwks.make (url)",
    options: { url: "https://keys.example.com/jwks" },
    isPositional: true,
    make: ({ url }: { url: string }) => Jwks.make(url)
  },
  {
    name: "auth/Jwks.local",
    options: { local: { keys: [] } },
    isPositional: true,
    make: ({ local }: { local: never }) => Jwks.local(local),
    whole: ["local"]
  },
  {
    name: "auth/BearerAuth.middleware",
    options: {
      realm: "app",
      scope: ["read"],
      dpop: {
        baseUrl: "https://api.example.com",
        algorithms: ["ES256"],
        maxAge: 500,
        tolerance: 500,
        remember: () => Effect.succeed(true),
        mostRemembered: 5
      },
      clientCertificate: () => undefined
    },
    make: (options: never) => BearerAuth.middleware(Caller, verifier, options),
    accepts: {
      "": accepted.allOptional,
      realm: accepted.text,
      scope: several,
      "dpop.maxAge": accepted.durationInNumbers,
      "dpop.tolerance": accepted.durationInNumbers
    }
  },
  {
    name: "auth/BearerAuth.layer",
    fullIn: "auth/BearerAuth.middleware",
    options: { verifier, options: { realm: "app", scope: "read" } },
    isPositional: true,
    make: ({ options, verifier }: { options: never; verifier: never }) =>
      BearerAuth.layer(Context.Service<object, never>("app/Security"), Caller, verifier, options),
    accepts: { options: accepted.allOptional, "options.realm": accepted.text, "options.scope": several },
    whole: ["verifier"]
  },
  {
    name: "auth/Dpop.make",
    options: { key: dpopKey },
    isPositional: true,
    make: ({ key }: { key: DpopProof.DpopKey }) => Dpop.make(key),
    whole: ["key"]
  },
  {
    name: "auth/Dpop.stamp",
    options: { dpop: Dpop.make(dpopKey) },
    isPositional: true,
    make: ({ dpop }: { dpop: Dpop.Dpop }) => Dpop.stamp(dpop),
    whole: ["dpop"]
  },
  {
    name: "auth/DpopProof.key",
    options: { key: signingKey },
    isPositional: true,
    make: ({ key }: { key: JwtKey.SigningKey }) => DpopProof.key(key),
    whole: ["key"]
  },
  { name: "auth/DpopProof.generate", options: "ES256", make: DpopProof.generate },
  {
    name: "auth/DpopProof.make",
    options: proof,
    make: (input: never) => DpopProof.make(dpopKey, input),
    accepts: proofAccepts
  },
  {
    name: "auth/DpopProof.verify",
    options: { ...proof, jkt: "1", algorithms: ["ES256"], maxAge: 500, tolerance: 500 },
    make: (expected: never) => DpopProof.verify("proof", expected),
    accepts: {
      ...proofAccepts,
      jkt: accepted.text,
      maxAge: accepted.durationInNumbers,
      tolerance: accepted.durationInNumbers
    }
  }
]

export const rows: ReadonlyArray<Row> = [...schemes, ...clientAuthentication, ...keys]
