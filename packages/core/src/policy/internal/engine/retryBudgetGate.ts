import { Effect } from "effect"
import type { RetryBudget } from "../../RetryBudget.ts"
import type * as RetryBudgetStore from "../../RetryBudgetStore.ts"
import type { Gate } from "./Gate.ts"

/** Lets every attempt through, and lets those that succeed pay into the budget that retries are taken from. */
export const retryBudgetGate = (
  store: RetryBudgetStore.RetryBudgetStore["Service"],
  budget: RetryBudget,
  shared: string
): Gate => ({
  enter: (entrant) => {
    const key = entrant.keyOf(budget.key, shared)
    return Effect.succeed({
      _tag: "Pass",
      waited: false,
      leave: ({ category }) => (category === "success" ? store.deposit(key, budget, entrant.now()) : Effect.void)
    })
  }
})
