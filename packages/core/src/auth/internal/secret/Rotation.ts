import { Redacted } from "effect"
import { sameVersions, type Versions } from "./versions.ts"

/** Which version of a secret is used: the current one, or, while the provider refuses it, the previous one. */
export class Rotation {
  #versions: Versions
  #usesPrevious = false
  #previousIsDead = false

  constructor(versions: Versions) {
    this.#versions = versions
  }

  get secret(): Redacted.Redacted<string> {
    return (this.#usesPrevious ? this.#versions.previous : undefined) ?? this.#versions.current
  }

  /** New versions begin anew; the same ones change nothing. */
  take(versions: Versions): void {
    if (sameVersions(versions, this.#versions)) return
    this.#versions = versions
    this.#usesPrevious = false
    this.#previousIsDead = false
  }

  isInUse(secret: Redacted.Redacted<string>): boolean {
    return Redacted.value(this.secret) === Redacted.value(secret)
  }

  /** The provider has refused this one: is there another to try? */
  refuse(refused: Redacted.Redacted<string>): boolean {
    if (!this.isInUse(refused)) return true
    if (this.#usesPrevious) this.#previousIsDead = true
    this.#usesPrevious = !this.#usesPrevious && !this.#previousIsDead && this.#versions.previous !== undefined
    return !this.isInUse(refused)
  }
}
