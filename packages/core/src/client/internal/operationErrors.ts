/** What a long-running operation fails with, beside the errors of its calls and of its job. */
import { Data, Duration } from "effect"
import type { Category } from "../../policy/Failure.ts"

/** How far an operation came. */
interface Facts {
  readonly operation: string
  readonly elapsed: Duration.Duration
  /** How many polls were answered. */
  readonly polls: number
  /** The provider's word for the last state, where the description gives one. */
  readonly status: string | undefined
  /** The last progress that the description gave. */
  readonly progress: unknown
}

const after = ({ elapsed, polls }: Facts): string =>
  `after ${Duration.format(elapsed)} and ${polls} ${polls === 1 ? "poll" : "polls"}`

/**
 * The job or its result is gone: the provider said so, or a poll was answered with one of `expiredStatuses`.
 *
 * @since 0.1.0
 * @category errors
 */
export class OperationExpired extends Data.TaggedError("OperationExpired")<Facts & { readonly cause?: unknown }> {
  get category(): Category {
    return "rejected"
  }

  override get message(): string {
    return `the operation ${this.operation} expired ${after(this)}`
  }
}

/**
 * The job was canceled at the provider.
 *
 * @since 0.1.0
 * @category errors
 */
export class OperationCanceled extends Data.TaggedError("OperationCanceled")<Facts> {
  get category(): Category {
    return "rejected"
  }

  override get message(): string {
    return `the operation ${this.operation} was canceled at the provider ${after(this)}`
  }
}

/**
 * The job was not done within the deadline of the operation, or before its schedule ended; it may be done later.
 *
 * @since 0.1.0
 * @category errors
 */
export class OperationTimeout extends Data.TaggedError("OperationTimeout")<
  Facts & {
    readonly reason: "deadline" | "schedule"
    /** The state that was seen last: that of the job, or that it was not even started. */
    readonly state: "Starting" | "Started" | "Pending"
    readonly deadline: Duration.Duration
  }
> {
  get category(): Category {
    return "transient"
  }

  override get message(): string {
    const state = `last state: ${this.state}${this.status === undefined ? "" : ` (${this.status.slice(0, 100)})`}`
    const limit =
      this.reason === "deadline" ? `its deadline of ${Duration.format(this.deadline)}` : "the end of its schedule"
    return `the operation ${this.operation} was not done by ${limit}, ${after(this)}; ${state}`
  }
}
