/**
 * Holds the mirror to what the other two processes say: what one sent, the other must have got, and nothing is lost.
 */
import type { WebhookEvent } from "@causeway/core/webhook"
import type { Contents } from "./MirrorStore.ts"
import type { Ledgers } from "./Sandbox.ts"
import type { Announced, Calls, Received } from "./Tally.ts"

/** One thing that was counted on both sides. */
export interface Entry {
  readonly what: string
  /** As the one says who sent it, or stored it. */
  readonly told: number
  /** As the mirror, or the receiving side, has counted it. */
  readonly found: number
}

/** The mirror's side. */
export interface Found {
  readonly repository: string
  readonly contents: Contents
  readonly github: Calls
  readonly subscriber: Calls
  readonly received: Received
  readonly announced: Announced
  readonly inbox: Readonly<Record<WebhookEvent.Status, number>>
}

/** Every entry of the ledger, balanced or not. */
export const audit = ({ github, subscriber }: Ledgers, found: Found): ReadonlyArray<Entry> => {
  const { deliveries, rest } = github
  const { announced, contents, inbox, received, repository } = found
  const holds = (list: string) => rest.lists[`/repos/${repository}/${list}`] ?? 0
  const { forged, oversized, tampered, unsigned } = deliveries.flawed
  const stored = sum(Object.values(inbox))
  return [
    entry("requests that GitHub's API got = attempts made", rest.requests, found.github.attempts),
    entry("issues that GitHub holds = issues mirrored", holds("issues"), contents.issues),
    entry("labels that GitHub holds = labels mirrored", holds("labels"), contents.labels),
    entry("events that GitHub sent = events stored", deliveries.events, stored),
    entry(
      "requests with them = stored, deduplicated or put off",
      deliveries.attempts,
      received.stored + received.duplicates + received.failed
    ),
    entry("deliveries that GitHub never got through = none", deliveries.lost, 0),
    entry(
      "forged or tampered with = refused for their signature",
      forged + tampered,
      received.refused["SignatureMismatch"]
    ),
    entry("unsigned = refused without a signature", unsigned, received.refused["MissingHeader"]),
    entry("too large = refused for their size", oversized, received.refused["BodyTooLarge"]),
    entry(
      "all requests that GitHub sent = requests received",
      deliveries.attempts + forged + tampered + unsigned + oversized,
      received.requests
    ),
    entry("events stored = handled, kept or dead", stored, inbox.handled + inbox.kept + inbox.dead),
    entry("webhooks that the subscriber took = passed on", subscriber.events, announced.delivered),
    entry("requests that the subscriber got = attempts made", subscriber.requests, found.subscriber.attempts),
    entry("webhooks that the subscriber refused = none", subscriber.refused, 0)
  ]
}

const entry = (what: string, told: number, found: number = 0): Entry => ({ what, told, found })

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, number) => total + number, 0)

/** Whether both sides say the same. */
export const isBalanced = ({ found, told }: Entry): boolean => found === told
