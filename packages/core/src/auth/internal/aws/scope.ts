import { createHmac, hash, type KeyObject } from "node:crypto"

export const algorithm = "AWS4-HMAC-SHA256"

/** When and for what a signature is made. */
export interface Scope {
  /** `20150830T123600Z`. */
  readonly time: string
  /** `20150830`. */
  readonly day: string
  /** `20150830/us-east-1/s3/aws4_request`. */
  readonly text: string
}

export const scopeAt = (millis: number, region: string, service: string): Scope => {
  const time = `${new Date(millis).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`
  const day = time.slice(0, 8)
  return { time, day, text: `${day}/${region}/${service}/aws4_request` }
}

export const sha256 = (bytes: string | Uint8Array): string => hash("sha256", bytes, "hex")

export const hashOfNothing = sha256("")

export const stringToSign = (scope: Scope, canonicalRequest: string): string =>
  `${algorithm}\n${scope.time}\n${scope.text}\n${sha256(canonicalRequest)}`

export const hmac = (key: KeyObject, text: string): string => createHmac("sha256", key).update(text).digest("hex")
