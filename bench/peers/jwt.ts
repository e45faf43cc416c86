/** Those who verify JSON Web Tokens, each as it is meant to be used where many come in. */
import { JwtKey, JwtVerifier } from "@causeway/core/auth"
import { Effect } from "effect"
import { createSigner, createVerifier } from "fast-jwt"
import { jwtVerify } from "jose"
import jsonwebtoken from "jsonwebtoken"
import {
  createHmac,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
  verify
} from "node:crypto"
import { times } from "./inMemory.ts"
import type { Opened, Peer, Row } from "../Row.ts"

type Algorithm = "HS256" | "RS256" | "ES256" | "EdDSA"

const issuer = "https://login.example"
const audience = "https://api.example"

interface Material {
  readonly alg: Algorithm
  /** PEM, or the text of a secret. */
  readonly publicText: string
  readonly publicKey: KeyObject
  readonly token: string
}

const pairOf = (alg: Algorithm) => {
  switch (alg) {
    case "HS256":
      return undefined
    case "RS256":
      return generateKeyPairSync("rsa", { modulusLength: 2048 })
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" })
    case "EdDSA":
      return generateKeyPairSync("ed25519")
  }
}

/** A token as login services give it: about 600 characters. */
const payload = {
  iss: issuer,
  aud: audience,
  sub: "auth0|64f1a2b3c4d5e6f708192a3b",
  scope: "openid profile email read:charges write:charges",
  roles: ["admin", "billing"],
  email: "ada@example.com",
  email_verified: true,
  jti: "b9d2c1d0-8f4e-4c7e-9f57-8d6f6c6b7a11"
}

const materialOf = (alg: Algorithm): Material => {
  const pair = pairOf(alg)
  const secret = randomBytes(48).toString("base64url")
  const privateText = pair?.privateKey.export({ type: "pkcs8", format: "pem" }).toString() ?? secret
  const publicText = pair?.publicKey.export({ type: "spki", format: "pem" }).toString() ?? secret
  const publicKey = pair === undefined ? createSecretKey(Buffer.from(secret)) : createPublicKey(publicText)
  const token = createSigner({ key: privateText, algorithm: alg, kid: "2026-11", expiresIn: 3_600_000 })(payload)
  return { alg, publicText, publicKey, token }
}

const batch = 500

const looped = (call: () => unknown): Opened => ({
  call: async () => {
    for (let time = 0; time < batch; time++) call()
  },
  close: async () => {}
})

/** The signature alone: nothing is parsed and nothing judged. */
const floor = ({ alg, publicKey, token }: Material): Peer => ({
  name: "node:crypto, signature alone",
  open: async () => {
    const end = token.lastIndexOf(".")
    const key = alg === "ES256" ? ({ key: publicKey, dsaEncoding: "ieee-p1363" } as const) : publicKey
    const check = (signed: Buffer, signature: Buffer) =>
      alg === "HS256"
        ? timingSafeEqual(createHmac("sha256", publicKey).update(signed).digest(), signature)
        : verify(alg === "EdDSA" ? null : "sha256", signed, key, signature)
    return looped(() => check(Buffer.from(token.slice(0, end)), Buffer.from(token.slice(end + 1), "base64url")))
  }
})

const causeway = (name: string, { alg, publicText, token }: Material, cache?: number): Peer => ({
  name,
  open: async () => {
    const keys = Effect.runSync(JwtKey.verifying(publicText, { alg, kid: "2026-11" }))
    const verifier = JwtVerifier.make({ keys, algorithms: [alg], issuer, audience, cache })
    const verify = Effect.suspend(() => verifier.verify(token))
    return { call: () => times(batch, verify), close: async () => {} }
  }
})

const jose = ({ alg, publicKey, token }: Material): Peer => ({
  name: "jose",
  open: async () => {
    const options = { algorithms: [alg], issuer, audience, requiredClaims: ["exp"] }
    return {
      call: async () => {
        for (let time = 0; time < batch; time++) await jwtVerify(token, publicKey, options)
      },
      close: async () => {}
    }
  }
})

const jsonWebToken = ({ alg, publicKey, token }: Material): Peer => ({
  name: "jsonwebtoken",
  open: async () => {
    if (alg === "EdDSA") throw new Error("jsonwebtoken knows no EdDSA")
    return looped(() => jsonwebtoken.verify(token, publicKey, { algorithms: [alg], issuer, audience }))
  }
})

const fastJwt = (name: string, { alg, publicText, token }: Material, cache: boolean): Peer => ({
  name,
  open: async () => {
    const verifier = createVerifier({
      key: publicText,
      algorithms: [alg],
      allowedIss: issuer,
      allowedAud: audience,
      cache
    })
    return looped(() => verifier(token))
  }
})

/** All that verify `alg`, in one row. */
export const rowFor = (alg: Algorithm): Row => {
  const material = materialOf(alg)
  return {
    name: `JWT verification, ${alg}`,
    about: "Verifies a token of about 600 characters: signature, issuer, audience and times.",
    inFlight: 1,
    calls: 10,
    batch,
    peers: [
      floor(material),
      causeway("causeway", material),
      jose(material),
      ...(alg === "EdDSA" ? [] : [jsonWebToken(material)]),
      fastJwt("fast-jwt", material, false),
      causeway("causeway, cache", material, 1000),
      fastJwt("fast-jwt, cache", material, true)
    ],
    goals: [
      { peer: "causeway", against: "jose", kind: "times as fast", atLeast: 1, aim: 1.5 },
      { peer: "causeway, cache", against: "fast-jwt, cache", kind: "times as fast", atLeast: 1, aim: 1.5 }
    ]
  }
}
