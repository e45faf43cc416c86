/** Behaves like Stripe: nested forms, idempotency keys, typed errors, lists in pages. */
import * as LocalServer from "./LocalServer.ts"

const card = (code: string) => ({ error: { type: "card_error", code: "card_declined", decline_code: code } })
const locked = { error: { type: "invalid_request_error", code: "lock_timeout" } }

export const start = () => {
  let isLocked = true
  /** A request with the same key gets the same answer, and is charged once. */
  const byKey = new Map<string, LocalServer.Answer>()
  const create = (body: string): LocalServer.Answer => {
    const form = new URLSearchParams(body)
    if (form.get("customer") === "cus_poor") return { status: 402, body: card("insufficient_funds") }
    const prices = [...form.entries()]
      .filter(([name]) => /^items\[\d+\]\[price\]$/.test(name))
      .map(([, price]) => price)
    const order = form.get("metadata[order]") ?? ""
    return { body: { id: `sub_${byKey.size + 1}`, prices, metadata: { order } } }
  }
  return LocalServer.start(({ body, headers, method, url }) => {
    if (headers.authorization !== "Bearer sk_test_1")
      return { status: 401, body: { error: { type: "invalid_request_error" } } }
    if (method === "GET") {
      const after = Number(url.searchParams.get("starting_after")?.slice(4) ?? 0)
      const data = [after + 1, after + 2].map((number) => ({ id: `sub_${number}`, prices: [], metadata: {} }))
      return { body: { object: "list", has_more: after < 2, data } }
    }
    if (isLocked) {
      isLocked = false
      return { status: 409, body: locked }
    }
    const key = String(headers["idempotency-key"])
    const answer = byKey.get(key) ?? create(body)
    byKey.set(key, answer)
    return answer
  })
}
