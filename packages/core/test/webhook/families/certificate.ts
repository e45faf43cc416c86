/** Makes X.509 certificates, which `node:crypto` can read but not make. */
import { createPublicKey, type KeyObject, sign } from "node:crypto"

const tlv = (tag: number, ...content: ReadonlyArray<Uint8Array>): Buffer => {
  const value = Buffer.concat(content)
  const size = value.length.toString(16)
  const length =
    value.length < 128 ? Buffer.from([value.length]) : Buffer.from(size.length % 2 === 0 ? size : `0${size}`, "hex")
  return Buffer.concat([
    Buffer.from([tag]),
    value.length < 128 ? length : Buffer.concat([Buffer.from([0x80 | length.length]), length]),
    value
  ])
}

const sequence = (...content: ReadonlyArray<Uint8Array>) => tlv(0x30, ...content)

const sha256WithRsa = sequence(Buffer.from("06092a864886f70d01010b0500", "hex"))

const nameOf = (commonName: string) =>
  sequence(tlv(0x31, sequence(Buffer.from("0603550403", "hex"), tlv(0x0c, Buffer.from(commonName)))))

const timeOf = (millis: number) =>
  tlv(0x18, Buffer.from(`${new Date(millis).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`))

const authority = tlv(0xa3, sequence(sequence(Buffer.from("0603551d130101ff040530030101ff", "hex"))))

export interface CertificateOptions {
  readonly subject: string
  readonly issuer: string
  readonly key: KeyObject
  readonly issuerKey: KeyObject
  readonly notBefore: number
  readonly notAfter: number
  readonly isAuthority?: boolean
}

/** A certificate in PEM; both keys are private ones. */
export const certificate = (options: CertificateOptions): string => {
  const content = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    sha256WithRsa,
    nameOf(options.issuer),
    sequence(timeOf(options.notBefore), timeOf(options.notAfter)),
    nameOf(options.subject),
    createPublicKey(options.key).export({ format: "der", type: "spki" }),
    ...(options.isAuthority === true ? [authority] : [])
  )
  const signature = tlv(0x03, Buffer.from([0]), sign("sha256", content, options.issuerKey))
  const lines =
    sequence(content, sha256WithRsa, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n")
}
