import type { Attempt, RecordedError } from "../Attempt.ts"
import type { Buried, Filter, NewEvent, Selection, Service as Store, Settlement } from "../InboxStore.ts"
import { plainName, plainText } from "./plainText.ts"

/**
 * Makes every text plain on its way into a store, in what is stored and in what is looked for, so that no event can be
 * refused or missed because of a character in it. Each store has it outermost: a seal is made for the plain names.
 */
export const plainStore = (store: Store): Store => ({
  ...store,
  put: (events) => store.put(events.map(plainEvent)),
  claim: (options) => store.claim({ ...options, source: plainName(options.source) }),
  settle: (claim, settlement) => store.settle(claim, plainSettlement(settlement)),
  nextDue: (source) => store.nextDue(plainName(source)),
  undecided: (source, limit) => store.undecided(plainName(source), limit),
  decide: (lanes) => store.decide(lanes.map(({ key, lane }) => ({ key, lane: plainName(lane) }))),
  list: (page) => store.list({ ...page, ...plainFilter(page) }),
  count: (filter) => store.count(plainFilter(filter)),
  replay: (selection, now) => store.replay(plainSelection(selection), now),
  discard: (selection, now) => store.discard(plainSelection(selection), now),
  purge: (purge) => store.purge({ ...purge, source: map(purge.source, plainName) }),
  bury: (event) => store.bury(plainBuried(event)),
  exhume: (key, history) => store.exhume(key, history.map(plainAttempt))
})

const map = (text: string | undefined, plain: (text: string) => string): string | undefined =>
  text === undefined ? undefined : plain(text)

const plainEvent = <Event extends NewEvent>(event: Event): Event => ({
  ...event,
  source: plainName(event.source),
  id: plainName(event.id),
  type: map(event.type, plainText),
  announces: map(event.announces, plainName),
  lane: map(event.lane, plainName),
  traceparent: map(event.traceparent, plainText),
  digest: plainText(event.digest),
  headers: event.headers.map(([name, value]) => [plainText(name), plainText(value)] as const)
})

const plainBuried = (event: Buried): Buried => ({
  ...plainEvent(event),
  target: plainText(event.target),
  history: event.history.map(plainAttempt)
})

const plainSettlement = (settlement: Settlement): Settlement =>
  settlement.attempt?.error === undefined ? settlement : { ...settlement, attempt: plainAttempt(settlement.attempt) }

const plainAttempt = <A extends Omit<Attempt, "number">>(attempt: A): A => ({
  ...attempt,
  error: attempt.error === undefined ? undefined : plainError(attempt.error)
})

const plainError = ({ message, tag }: RecordedError): RecordedError => ({
  tag: plainText(tag),
  message: plainText(message)
})

const plainFilter = (filter: Filter): Filter => ({
  direction: filter.direction,
  source: map(filter.source, plainName),
  type: map(filter.type, plainText),
  lane: map(filter.lane, plainName),
  status: filter.status
})

const plainSelection = (selection: Selection): Selection =>
  "key" in selection ? selection : { filter: plainFilter(selection.filter) }
