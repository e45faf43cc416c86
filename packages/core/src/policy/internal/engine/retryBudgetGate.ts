import { Effect } from "effect"
import type { RetryBudget } from "../../RetryBudget.ts"
import type * as RetryBudgetStore from "../../RetryBudgetStore.ts"
import { andThenNow, type Entrant, type Gate } from "./Gate.ts"

/** Lets every attempt through, and lets those that succeed pay into the budget that retries are taken from. */
export const retryBudgetGate = (store: Store, budget: RetryBudget, shared: string): Gate => ({
  enter: (entrant) => {
    const key = entrant.keyOf(budget.key, shared)
    return {
      _tag: "Pass",
      waited: false,
      leave: ({ category }) => {
        if (category !== "success") return Effect.void
        const deposited = store.deposit(key, budget, entrant.now())
        tellLeft(store, budget, key, entrant)
        return deposited
      }
    }
  }
})

type Store = RetryBudgetStore.RetryBudgetStore["Service"]

/** Takes a retry from the budget; false when there is none left. */
export const withdrawFrom =
  (store: Store, budget: RetryBudget, shared: string) =>
  (entrant: Entrant): Effect.Effect<boolean> => {
    const key = entrant.keyOf(budget.key, shared)
    return andThenNow(store.withdraw(key, budget, entrant.now()), (allowed) => {
      tellLeft(store, budget, key, entrant)
      return Effect.succeed(allowed)
    })
  }

const tellLeft = (store: Store, budget: RetryBudget, key: string, entrant: Entrant): void => {
  if (!entrant.isObserved) return
  const retries = store.lastBalance(key, budget, entrant.now())
  if (retries !== undefined) entrant.tell({ _tag: "RetryBudgetChanged", key, retries })
}
