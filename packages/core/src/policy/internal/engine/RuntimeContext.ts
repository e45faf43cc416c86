/** What a call reads from the context of its fibre, and the alarms of its clock. */
import { Clock, Context, Duration, Effect, Exit, type Fiber } from "effect"
import { type CallEvent, CallObserver } from "../../CallObserver.ts"

/** Whether the errors of policies have a stack. */
export const debug = Context.Reference<boolean>("causeway/policy/debug", { defaultValue: () => false })

export interface RuntimeContext {
  readonly clock: Clock.Clock
  readonly alarms: Alarms
  readonly observe: ((event: CallEvent) => void) | undefined
  readonly debug: boolean
}

let lastContext: Context.Context<never> | undefined
let last: RuntimeContext | undefined

/** The fibres of a program nearly always share one context, which never changes: the last one is kept, and no other. */
export const runtimeContextOf = (fiber: Fiber.Fiber<unknown, unknown>): RuntimeContext => {
  if (last !== undefined && fiber.context === lastContext) return last
  const clock = fiber.getRef(Clock.Clock)
  lastContext = fiber.context
  last = { clock, alarms: alarmsOf(clock), observe: fiber.getRef(CallObserver), debug: fiber.getRef(debug) }
  return last
}

const alarms = new WeakMap<Clock.Clock, Alarms>()

const alarmsOf = (clock: Clock.Clock): Alarms => {
  const known = alarms.get(clock)
  if (known !== undefined) return known
  const made = new Alarms(clock)
  alarms.set(clock, made)
  return made
}

/** How long a timer is kept for nobody: it would keep a process from ending. */
const pause = Duration.millis(20)

/** What the sums of fractions of a millisecond may be wrong by. */
const rounding = 0.01

/**
 * The alarms of one clock: a heap by time, and one fibre that sleeps until the first of them. Most alarms are cleared
 * before they ring, and then no timer was made for them.
 */
export class Alarms {
  readonly #clock: Clock.Clock
  readonly #heap: Array<Alarm> = []
  #sleeper: Fiber.Fiber<void> | undefined
  #wakesAt = Infinity
  #willRest = false

  constructor(clock: Clock.Clock) {
    this.#clock = clock
  }

  /** Calls `ring` after some time, unless the alarm is cleared before; sleeps with the context of `fiber`. */
  set(millis: number, fiber: Fiber.Fiber<unknown, unknown>, ring: () => void): Alarm {
    const alarm: Alarm = { at: this.#now() + millis, index: this.#heap.length, fiber, ring }
    this.#rise(alarm)
    if (alarm.at < this.#wakesAt) this.#sleepUntil(alarm)
    return alarm
  }

  clear(alarm: Alarm): void {
    if (this.#heap[alarm.index] !== alarm) return
    this.#remove(alarm)
    if (this.#heap.length === 0 && !this.#willRest) this.#restLater(alarm)
  }

  /** A time that is set anew does not change it. */
  #now(): number {
    return Number(this.#clock.monotonicTimeNanosUnsafe()) / 1_000_000
  }

  #sleepUntil({ at, fiber }: Alarm): void {
    this.#rest()
    this.#wakesAt = at
    const sleeper = Effect.runForkWith(fiber.context)(this.#clock.sleep(Duration.millis(at - this.#now())))
    this.#sleeper = sleeper
    sleeper.addObserver((exit) => {
      if (this.#sleeper === sleeper && Exit.isSuccess(exit)) this.#ringAllDue()
    })
  }

  #ringAllDue(): void {
    this.#wakesAt = Infinity
    const due = this.#now() + rounding
    for (let first = this.#heap[0]; first !== undefined && first.at <= due; first = this.#heap[0]) {
      this.#remove(first)
      first.ring()
    }
    const next = this.#heap[0]
    if (next !== undefined && next.at < this.#wakesAt) this.#sleepUntil(next)
  }

  /** The next attempt may begin soon: only who has nothing to wait for after a pause lets its timer go. */
  #restLater({ fiber }: Alarm): void {
    this.#willRest = true
    Effect.runForkWith(fiber.context)(this.#clock.sleep(pause)).addObserver(() => {
      this.#willRest = false
      if (this.#heap.length === 0) this.#rest()
    })
  }

  #rest(): void {
    const sleeper = this.#sleeper
    this.#sleeper = undefined
    this.#wakesAt = Infinity
    sleeper?.interruptUnsafe()
  }

  #remove(alarm: Alarm): void {
    const last = this.#heap.pop()
    if (last === undefined || last === alarm) return
    last.index = alarm.index
    this.#sink(last)
    this.#rise(last)
  }

  #rise(alarm: Alarm): void {
    for (let parent = this.#heap[(alarm.index - 1) >> 1]; parent !== undefined && parent.at > alarm.at;) {
      const { index } = parent
      this.#put(parent, alarm.index)
      alarm.index = index
      parent = this.#heap[(index - 1) >> 1]
    }
    this.#put(alarm, alarm.index)
  }

  #sink(alarm: Alarm): void {
    for (let child = this.#earlierChild(alarm.index); child !== undefined && child.at < alarm.at;) {
      const { index } = child
      this.#put(child, alarm.index)
      alarm.index = index
      child = this.#earlierChild(index)
    }
    this.#put(alarm, alarm.index)
  }

  #earlierChild(index: number): Alarm | undefined {
    const left = this.#heap[index * 2 + 1]
    const right = this.#heap[index * 2 + 2]
    return right !== undefined && left !== undefined && right.at < left.at ? right : left
  }

  #put(alarm: Alarm, index: number): void {
    this.#heap[index] = alarm
    alarm.index = index
  }
}

/** Something to be done at a time. */
export interface Alarm {
  readonly at: number
  /** Where it is in the heap. */
  index: number
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly ring: () => void
}
