/** A person with a browser: keeps cookies, follows redirects and submits the forms that come. */
export class Person {
  readonly #cookies = new Map<string, string>()

  /** Opens a page and goes on until it leads to `end`, whose URL is given, or to a page without a form. */
  async open(url: string, end: string): Promise<string> {
    let next: Request = new Request(url)
    for (let step = 0; step < 20; step += 1) {
      const response = await this.#send(next)
      const location = response.headers.get("location")
      if (location !== null) {
        const target = new URL(location, next.url).href
        if (target.startsWith(end)) return target
        next = new Request(target)
        continue
      }
      const page = await response.text()
      const submitted = formIn(page, next.url)
      if (submitted === undefined) return page
      next = submitted
    }
    throw new Error("the pages lead nowhere")
  }

  async #send(request: Request): Promise<Response> {
    const headers = new Headers(request.headers)
    headers.set("cookie", Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join("; "))
    const body = request.method === "POST" ? await request.text() : null
    const response = await fetch(request.url, { method: request.method, headers, body, redirect: "manual" })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";")
      const at = pair.indexOf("=")
      if (pair.slice(at + 1) === "") this.#cookies.delete(pair.slice(0, at))
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return response
  }
}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll("&amp;", "&")

/** The form of a page, with what stands in its inputs. */
const formIn = (page: string, base: string): Request | undefined => {
  const form = /<form\b[^>]*>/.exec(page)?.[0]
  const action = form === undefined ? undefined : attribute(form, "action")
  if (action === undefined) return undefined
  const body = new URLSearchParams()
  for (const [input] of page.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, "name")
    if (name !== undefined) body.append(name, attribute(input, "value") ?? "")
  }
  return new Request(new URL(action, base), { method: "POST", body })
}
