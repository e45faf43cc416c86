import { createHmac, createSecretKey, type KeyObject } from "node:crypto"

const most = 64

/** Signing keys by day, region, service and secret: each is made once, and the oldest are forgotten. */
export class SigningKeys {
  readonly #keys = new Map<string, KeyObject>()

  of(secret: string, day: string, region: string, service: string): KeyObject {
    const name = `${day}/${region}/${service}/${secret}`
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const key = derive(secret, [day, region, service, "aws4_request"])
    this.#keys.set(name, key)
    this.#forgetOldest()
    return key
  }

  #forgetOldest(): void {
    const [oldest] = this.#keys.keys()
    if (this.#keys.size > most && oldest !== undefined) this.#keys.delete(oldest)
  }
}

const derive = (secret: string, steps: ReadonlyArray<string>): KeyObject => {
  let key = Buffer.from(`AWS4${secret}`)
  for (const step of steps) key = createHmac("sha256", key).update(step).digest()
  return createSecretKey(key)
}
