import { SignatureScheme, WebhookSigner } from "@causeway/core/webhook"
import { Redacted, Result } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { laneHeader } from "./receiverProcess.ts"

const lanes = 20

/** One that comes again although it was acknowledged. */
const everyRepeated = 10

/** Sends webhooks as a provider does: again and again, until each is acknowledged. */
export class Sender {
  /** When each was first sent and when it was acknowledged, by a clock that only counts. */
  readonly begun = new Map<string, number>()
  readonly acknowledged = new Map<string, number>()
  attempts = 0
  #now = 0
  readonly #secret: Redacted.Redacted<string>
  readonly #urlOf: () => string | undefined

  constructor(secret: string, urlOf: () => string | undefined) {
    this.#secret = Redacted.make(secret)
    this.#urlOf = urlOf
  }

  readonly send = async (index: number): Promise<void> => {
    const id = `msg_${index}`
    this.begun.set(id, (this.#now += 1))
    while (!(await this.#deliver(id, index))) await sleep(20)
    this.acknowledged.set(id, (this.#now += 1))
    if (index % everyRepeated === 0) await this.#deliver(id, index)
  }

  readonly #deliver = async (id: string, index: number): Promise<boolean> => {
    const url = this.#urlOf()
    if (url === undefined) return false
    this.attempts += 1
    const body = new TextEncoder().encode(JSON.stringify({ type: "happened", index }))
    const signed = WebhookSigner.sign(SignatureScheme.standardWebhooks, {
      id,
      body,
      secret: this.#secret,
      timestamp: Date.now()
    })
    const headers = Result.getOrThrow(signed).map(([name, value]): [string, string] => [name, value])
    // Half of them are about something, and are to be handled in order.
    if (index % 2 === 0) headers.push([laneHeader, `lane ${(index / 2) % lanes}`])
    try {
      const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(5_000) })
      await response.arrayBuffer()
      return response.ok
    } catch {
      return false
    }
  }
}
