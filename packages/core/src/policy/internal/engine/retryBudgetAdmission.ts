/** The strategy of the retry budget: successes pay into the budget that retries are withdrawn from. */
import { Effect } from "effect"
import type { Admission, CallContext } from "../../Admission.ts"
import type { RetryBudget } from "../../RetryBudget.ts"
import type * as RetryBudgetStore from "../../RetryBudgetStore.ts"
import * as AtOnce from "../AtOnce.ts"

/** Admits every attempt; successes add to the budget that retries are taken from. */
export const retryBudgetAdmission = (store: Store, budget: RetryBudget, shared: string): Admission => ({
  acquire: (call) => {
    const key = call.keyOf(budget.key, shared)
    return {
      _tag: "Permit",
      waited: false,
      release: ({ category }) => {
        if (category !== "success") return Effect.void
        const deposited = store.deposit(key, budget, call.now())
        tellLeft(store, budget, key, call)
        return deposited
      }
    }
  }
})

type Store = RetryBudgetStore.RetryBudgetStore["Service"]

/** Takes a retry from the budget; false if the budget is empty. */
export const withdrawFrom =
  (store: Store, budget: RetryBudget, shared: string) =>
  (call: CallContext): Effect.Effect<boolean> => {
    const key = call.keyOf(budget.key, shared)
    return AtOnce.flatMap(store.withdraw(key, budget, call.now()), (allowed) => {
      tellLeft(store, budget, key, call)
      return Effect.succeed(allowed)
    })
  }

const tellLeft = (store: Store, budget: RetryBudget, key: string, call: CallContext): void => {
  if (!call.isObserved) return
  const retries = store.lastBalance(key, budget, call.now())
  if (retries !== undefined) call.emit({ _tag: "RetryBudgetChanged", key, retries })
}
