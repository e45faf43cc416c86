import type { EventField } from "../SignatureScheme.ts"
import { Delivery } from "./delivery.ts"
import * as EventFields from "./eventFields.ts"

type Request = Pick<Delivery, "method" | "url" | "headers" | "body">

/** What is known of a delivery that was accepted. */
export interface Known {
  readonly id: string | undefined
  readonly type: string | undefined
  readonly timestamp: number | undefined
  readonly signedBy: 0
  readonly unsigned: ReadonlyArray<"id" | "type">
}

/** An object that is given its properties one after the other. */
type Growing<A> = { -readonly [Name in keyof A]: A[Name] }

/**
 * The same with an id, a type or both that are read from the body when they are asked for: who only asks whether a
 * delivery is genuine need not wait until its body is parsed. They are properties of the object's own, so that they are
 * there when it is spread, compared or written as JSON.
 */
export const describe = (known: Known, { eventId, eventType: [eventType] }: Places, request: Request): Known => {
  // A carrier is the object it was given, and gets all of its properties here, in the order of those above.
  const described = new Carrier({}, request, eventId, eventType) as object as Growing<Known>
  if (eventId?._tag === "Body") Object.defineProperty(described, "id", late.id)
  else described.id = known.id
  if (eventType?._tag === "Body") Object.defineProperty(described, "type", late.type)
  else described.type = known.type
  described.timestamp = known.timestamp
  described.signedBy = known.signedBy
  described.unsigned = known.unsigned
  return described
}

/** The same, with what is read from the body read now. */
export const read = (known: Known, { eventId, eventType: [eventType] }: Places, request: Request): Known => {
  const delivery = new Delivery(request)
  return {
    id: eventId?._tag === "Body" ? EventFields.readId(eventId, delivery) : known.id,
    type: eventType?._tag === "Body" ? EventFields.read(eventType, delivery) : known.type,
    timestamp: known.timestamp,
    signedBy: known.signedBy,
    unsigned: known.unsigned
  }
}

interface Places {
  readonly eventId: EventField | undefined
  readonly eventType: ReadonlyArray<EventField>
}

// oxlint-disable-next-line no-extraneous-class -- a constructor is all that a base needs for its fields to be on another object
class Given {
  constructor(object: object) {
    return object
  }
}

/**
 * Keeps a request with an object that shows nothing of it. The object remains what it is; a class of its own would show
 * when it is compared. What reads the fields is one function for all such objects, because an object with functions
 * that no other one has costs a quarter of the HMAC.
 */
class Carrier extends Given {
  readonly #request: Request
  readonly #id: EventField | undefined
  readonly #type: EventField | undefined
  #delivery: Delivery | undefined

  constructor(object: object, request: Request, id: EventField | undefined, type: EventField | undefined) {
    super(object)
    this.#request = request
    this.#id = id
    this.#type = type
  }

  static id(this: Carrier): string | undefined {
    return this.#read(this.#id)
  }

  static type(this: Carrier): string | undefined {
    return this.#read(this.#type)
  }

  #read(field: EventField | undefined): string | undefined {
    return field && EventFields.read(field, (this.#delivery ??= new Delivery(this.#request)))
  }
}

const late = {
  id: { get: Carrier.id, enumerable: true, configurable: true },
  type: { get: Carrier.type, enumerable: true, configurable: true }
}
