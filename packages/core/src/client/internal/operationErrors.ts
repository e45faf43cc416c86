/** The errors of a long-running operation, besides those of its calls and of its job. */
import { Data, Duration } from "effect"
import type { Category } from "../../policy/Failure.ts"

/** The progress of an operation. */
interface Facts {
  readonly operation: string
  readonly elapsed: Duration.Duration
  /** The number of successful polls. */
  readonly polls: number
  /** The provider's status word of the last state, if the description has one. */
  readonly status: string | undefined
  /** The last progress, if the description reports it. */
  readonly progress: unknown
}

const after = ({ elapsed, polls }: Facts): string =>
  `after ${Duration.format(elapsed)} and ${polls} ${polls === 1 ? "poll" : "polls"}`

/**
 * The job or its result is gone: the provider reported it, or a poll was answered with one of `expiredStatuses`.
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
    /** The last state: `Starting` means that the job was not started yet. */
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
      this.reason === "deadline"
        ? `within its deadline of ${Duration.format(this.deadline)}`
        : "before its schedule ended"
    return `the operation ${this.operation} was not done ${limit}, ${after(this)}; ${state}`
  }
}
