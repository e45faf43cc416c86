import { Result } from "effect"
import { type AlgorithmName, algorithmOf } from "./algorithms.ts"
import { isObject } from "./decoding.ts"
import { essence, isJwk, type Jwk, thumbprint } from "./jwk.ts"
import { type VerifyingKey, verifyingKey } from "./keys.ts"
import { refuse } from "./refusal.ts"
import type { Header } from "./token.ts"

/** The public keys of an issuer. What cannot be used among them is left out, as RFC 7517 asks for. */
export class KeySet {
  readonly #members: ReadonlyArray<Member>
  readonly #found = new Map<string, ReadonlyArray<VerifyingKey>>()
  readonly #keys = new Set<VerifyingKey>()

  private constructor(members: ReadonlyArray<Member>) {
    this.#members = members
    for (const member of members) for (const key of member.made) this.#keys.add(key)
  }

  /** Reads a key set, or says what is wrong with it. Keys that were in the one before stay the same ones. */
  static read(json: unknown, maxKeys: number, before?: KeySet): KeySet | string {
    if (!isObject(json) || !Array.isArray(json["keys"])) return 'it is no JSON Web Key Set: it has no list "keys"'
    const { keys } = json
    if (keys.length > maxKeys) return `it has ${keys.length} keys, and may have ${maxKeys} (maxKeys)`
    const earlier = before === undefined ? [] : before.#members
    const known = new Map(earlier.map((member) => [member.identity, member]))
    const members = keys.filter(isPublic).map((jwk) => new Member(jwk))
    return new KeySet(members.map((member) => known.get(member.identity) ?? member))
  }

  /** The key of this name and algorithm. */
  find(header: Header): ReadonlyArray<VerifyingKey> {
    const name = `${header.alg} ${header.kid ?? ""}`
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const found = this.#search(header)
    if (found.length > 1)
      refuse("key", `its issuer has ${found.length} keys that may have signed it, and it does not say which (kid)`)
    // Made-up names are not remembered.
    if (found.length === 1) this.#found.set(name, found)
    for (const key of found) this.#keys.add(key)
    return found
  }

  has(key: VerifyingKey): boolean {
    return this.#keys.has(key)
  }

  #search({ alg, kid }: Header): ReadonlyArray<VerifyingKey> {
    const named = kid === undefined ? this.#members : this.#members.filter(({ jwk }) => jwk.kid === kid)
    return named.map((member) => member.keyFor(alg)).filter((key) => key !== undefined)
  }
}

/** One key of a set, for each algorithm that it was asked for. */
class Member {
  readonly jwk: Jwk
  readonly identity: string
  readonly #byAlgorithm = new Map<AlgorithmName, VerifyingKey | undefined>()

  constructor(jwk: Jwk) {
    this.jwk = jwk
    this.identity = JSON.stringify([thumbprint(essence(jwk) ?? {}), jwk.kid, jwk.alg, jwk.use, jwk.key_ops])
  }

  get made(): ReadonlyArray<VerifyingKey> {
    return [...this.#byAlgorithm.values()].filter((key) => key !== undefined)
  }

  keyFor(alg: AlgorithmName): VerifyingKey | undefined {
    if (this.jwk.kty !== algorithmOf(alg).kty) return undefined
    if (!this.#byAlgorithm.has(alg)) this.#byAlgorithm.set(alg, this.#make(alg))
    return this.#byAlgorithm.get(alg)
  }

  #make(alg: AlgorithmName): VerifyingKey | undefined {
    const purpose = { alg, kid: undefined, encoding: "base64url", passphrase: undefined } as const
    return Result.getOrUndefined(verifyingKey(this.jwk, purpose))
  }
}

/** A secret in a public place is none. */
const isPublic = (value: unknown): value is Jwk => isJwk(value) && value.kty !== "oct" && essence(value) !== undefined
