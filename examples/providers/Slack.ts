/** Behaves like Slack: it reports errors with status 200, and throttles now and then. */
import * as LocalServer from "./LocalServer.ts"

const refused = (error: string) => ({ body: { ok: false, error } })

export const start = () => {
  let isThrottled = true
  return LocalServer.start(({ body, headers, url }) => {
    if (headers.authorization !== "Bearer xoxb-1") return refused("invalid_auth")
    if (url.pathname === "/api/chat.postMessage") {
      return body.includes('"channel":"C1"') ? { body: { ok: true, ts: "1.2" } } : refused("channel_not_found")
    }
    if (isThrottled) {
      isThrottled = false
      return { ...refused("ratelimited"), headers: { "retry-after": "0" } }
    }
    const page = Number(url.searchParams.get("cursor") ?? 1)
    const next_cursor = page < 3 ? String(page + 1) : ""
    return { body: { ok: true, members: [{ id: `U${page}` }], response_metadata: { next_cursor } } }
  })
}
