/** Behaves like OpenAI: chats as JSON and as events, a quota that is exhausted for a moment. */
import * as LocalServer from "./LocalServer.ts"

const event = (data: string) => `data: ${data}\n\n`
const delta = (content: string) => event(JSON.stringify({ choices: [{ delta: { content } }] }))

export const start = () => {
  let isBusy = true
  return LocalServer.start(({ body, headers }) => {
    if (headers.authorization !== "Bearer sk-1") return { status: 401, body: { error: { code: "invalid_api_key" } } }
    // An overloaded model rejects the request before it does anything.
    if (isBusy) {
      isBusy = false
      return { status: 429, headers: { "retry-after-ms": "30" }, body: { error: { code: "rate_limit_exceeded" } } }
    }
    if (body.includes('"stream":true')) {
      const stream = [delta("Grüezi"), delta(" mitenand"), event("[DONE]")].join("")
      return { headers: { "content-type": "text/event-stream" }, body: stream }
    }
    const usage = { total_tokens: 12 }
    return { body: { choices: [{ message: { role: "assistant", content: "Hello" } }], usage } }
  })
}
