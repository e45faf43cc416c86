/**
 * An event as the inbox keeps it: where it came from, its raw bytes, its status, and every attempt to handle it.
 *
 * **When to use**
 *
 * You get one from `Inbox.get` and `Inbox.list`, and as the second argument of a handler.
 *
 * **Details**
 *
 * | status | what it means |
 * |---|---|
 * | `pending` | waits for a worker, now or at `dueAt` |
 * | `handling` | a worker holds it until its lease ends, at `dueAt` |
 * | `handled` | a handler succeeded |
 * | `dead` | given up; `history` says why |
 * | `kept` | stored, but nobody handles its type; or its id was seen before with another body |
 * | `discarded` | set aside by a person |
 *
 * **Gotchas**
 *
 * Printing an event (`inspect`, `JSON.stringify`, a log) shows neither its headers nor its body.
 *
 * **Example** (An event hides its body when it is printed)
 *
 * ```ts
 * import { WebhookEvent } from "@causeway/core/webhook"
 *
 * const event = new WebhookEvent.WebhookEvent({
 *   key: 1,
 *   direction: "in",
 *   source: "github",
 *   id: "72d3162e",
 *   type: "ping",
 *   status: "pending",
 *   conflicting: false,
 *   receivedAt: 0,
 *   dueAt: 0,
 *   attempts: 0,
 *   target: undefined,
 *   headers: [["content-type", "application/json"]],
 *   body: new TextEncoder().encode('{"zen":"Keep it logically awesome."}'),
 *   history: []
 * })
 * console.assert(!JSON.stringify(event).includes("awesome"))
 * ```
 *
 * @since 0.1.0
 */
import { Inspectable } from "effect"
import type { Attempt } from "./Attempt.ts"

/**
 * A header as it was received: its name and its value.
 *
 * @since 0.1.0
 * @category models
 */
export type Header = readonly [name: string, value: string]

/**
 * What an event waits for, or how it ended.
 *
 * @since 0.1.0
 * @category models
 */
export type Status = "pending" | "handling" | "handled" | "dead" | "kept" | "discarded"

/**
 * An event without its headers, body and history: a row of a list.
 *
 * @since 0.1.0
 * @category models
 */
export interface Summary {
  /** The number of the event in its store; later events have larger ones. */
  readonly key: number
  /** `"in"`: received by the inbox. `"out"`: sent by us, and given up. */
  readonly direction: "in" | "out"
  /** Who sent it, such as `"github"`; of an outgoing event, where it went. */
  readonly source: string
  /** The sender's id, or the SHA-256 of the body where the sender gives none. */
  readonly id: string
  /** The event type, where the sender gives one. */
  readonly type: string | undefined
  /** What it is about, by the `key` of its worker; `""` when that says nothing, undefined until a worker has asked. */
  readonly lane: string | undefined
  readonly status: Status
  /** Whether its id was seen before with another body. */
  readonly conflicting: boolean
  /** When it was received, in epoch milliseconds; of an outgoing event, when it was first sent. */
  readonly receivedAt: number
  /** When it is due, or its lease ends, in epoch milliseconds. */
  readonly dueAt: number
  /** How often it was tried, the attempts before a replay included. */
  readonly attempts: number
}

/**
 * An event with everything that is known of it.
 *
 * @since 0.1.0
 * @category models
 */
export class WebhookEvent implements Summary {
  readonly key: number
  readonly direction: "in" | "out"
  readonly source: string
  readonly id: string
  readonly type: string | undefined
  readonly lane: string | undefined
  readonly status: Status
  readonly conflicting: boolean
  readonly receivedAt: number
  readonly dueAt: number
  readonly attempts: number
  /** The `traceparent` of its delivery. */
  readonly traceparent: string | undefined
  /** The name of the key that its headers and body are sealed with in the store. */
  readonly sealedBy: string | undefined
  /** The URL of an outgoing event. */
  readonly target: string | undefined
  /**
   * What of the stored event can't be read, as after a change by hand; that part is empty here. A worker sets the event
   * aside as dead, and its row stays as it is.
   */
  readonly unreadable: string | undefined
  /** The headers, without those that carry credentials or signatures. */
  readonly headers: ReadonlyArray<Header>
  /** The raw bytes, as they were signed. */
  readonly body: Uint8Array
  /** The last 200 attempts, oldest first. */
  readonly history: ReadonlyArray<Attempt>

  constructor(fields: Fields) {
    this.key = fields.key
    this.direction = fields.direction
    this.source = fields.source
    this.id = fields.id
    this.type = fields.type
    this.lane = fields.lane
    this.status = fields.status
    this.conflicting = fields.conflicting
    this.receivedAt = fields.receivedAt
    this.dueAt = fields.dueAt
    this.attempts = fields.attempts
    this.traceparent = fields.traceparent
    this.sealedBy = fields.sealedBy
    this.target = fields.target
    this.unreadable = fields.unreadable
    this.headers = fields.headers
    this.body = fields.body
    this.history = fields.history
  }

  toJSON(): unknown {
    const { body, headers, target: _, ...rest } = this
    return { ...rest, headers: headers.map(([name]) => name), body: `<${body.byteLength} bytes>` }
  }

  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toJSON()
  }
}

/**
 * What an event is made of.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fields extends Omit<Summary, "lane"> {
  readonly lane?: string | undefined
  readonly traceparent?: string | undefined
  readonly sealedBy?: string | undefined
  readonly unreadable?: string | undefined
  readonly target: string | undefined
  readonly headers: ReadonlyArray<Header>
  readonly body: Uint8Array
  readonly history: ReadonlyArray<Attempt>
}
