/** Certificates for tests, made when they are needed: an authority, and what it signs. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"

export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface Authority extends Certificate {
  /** A certificate for `localhost` and 127.0.0.1. */
  readonly issue: (name: string) => Certificate
}

export const makeAuthority = (name: string): Authority => {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const issuer: Issuer = { name, key: keys.privateKey }
  return {
    ...written(issuer, name, keys, isAuthority),
    issue: (subject) => written(issuer, subject, generateKeyPairSync("ec", { namedCurve: "P-256" }), isLocal)
  }
}

interface Issuer {
  readonly name: string
  readonly key: KeyObject
}

interface Keys {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** DER: a tag, a length, and what it holds. */
const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const bytes = (hex: string) => Buffer.from(hex, "hex")
const objectId = (hex: string) => der(0x06, bytes(hex))
const time = (text: string) => der(0x17, Buffer.from(text))

const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"))
const commonName = (name: string) => sequence(der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(name)))))
const validity = sequence(time("200101000000Z"), time("491231235959Z"))

const extension = (id: string, value: Uint8Array) => sequence(objectId(id), der(0x04, value))
const isAuthority = extension("551d13", sequence(der(0x01, bytes("ff"))))
const isLocal = extension("551d11", sequence(der(0x82, Buffer.from("localhost")), der(0x87, bytes("7f000001"))))

const written = (issuer: Issuer, subject: string, keys: Keys, added: Uint8Array): Certificate => {
  const toBeSigned = sequence(
    der(0xa0, der(0x02, bytes("02"))),
    der(0x02, bytes("01"), randomBytes(8)),
    ecdsaWithSha256,
    commonName(issuer.name),
    validity,
    commonName(subject),
    keys.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(added))
  )
  const signature = der(0x03, bytes("00"), sign("sha256", toBeSigned, issuer.key))
  const certificate = sequence(toBeSigned, ecdsaWithSha256, signature)
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
    key: String(keys.privateKey.export({ type: "pkcs8", format: "pem" }))
  }
}
