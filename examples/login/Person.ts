/**
 * A person with a browser: keeps cookies, follows redirects, fills in what a page asks for and submits it.
 */
import { Effect } from "effect"

/** Opens a page and goes on to the end, whose text it gives. */
export const open = (url: string): Effect.Effect<string> => Effect.promise(() => new Browser().open(new Request(url)))

const said: Readonly<Record<string, string>> = { login: "ann", password: "anything" }

const mostPages = 20

class Browser {
  /** The cookies of each host and port. */
  readonly #cookies = new Map<string, Map<string, string>>()

  async open(first: Request): Promise<string> {
    let request: Request | undefined = first
    let page = ""
    for (let pages = 0; request !== undefined && pages < mostPages; pages += 1) {
      const response: Response = await this.#send(request)
      const location = response.headers.get("location")
      page = await response.text()
      request = location === null ? formOf(page, request.url) : new Request(new URL(location, request.url))
    }
    return page
  }

  async #send(request: Request): Promise<Response> {
    const { host } = new URL(request.url)
    const cookies = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, cookies)
    const headers = new Headers(request.headers)
    headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "))
    const body = request.method === "GET" ? null : await request.text()
    const response = await fetch(request.url, { method: request.method, headers, body, redirect: "manual" })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === "") cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll("&amp;", "&")

/** The form on a page, filled in; undefined on a page without one. */
const formOf = (page: string, base: string): Request | undefined => {
  const form = /<form\b[^>]*>/.exec(page)?.[0]
  const action = form === undefined ? undefined : attribute(form, "action")
  if (form === undefined || action === undefined) return undefined
  const fields = new URLSearchParams()
  for (const [input] of page.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, "name")
    if (name !== undefined) fields.append(name, attribute(input, "value") || (said[name] ?? ""))
  }
  const url = new URL(action, base)
  if (attribute(form, "method")?.toUpperCase() === "POST") return new Request(url, { method: "POST", body: fields })
  url.search = fields.toString()
  return new Request(url)
}
