import { InvalidOption } from "../../../policy/InvalidOption.ts"

interface Destination {
  readonly origin: string
  readonly path: string
  readonly isPrefix: boolean
}

/** Where a person may be sent after a login: the allow-list, and nothing else. */
export class Destinations {
  readonly #origin: string
  readonly #allowed: ReadonlyArray<Destination>
  /** Where they are sent when nobody said. */
  readonly usual: string

  constructor(origin: string, allowed: ReadonlyArray<string>) {
    this.#origin = origin
    this.#allowed = allowed.map((each) => parse(each, origin))
    const [first] = this.#allowed
    if (first === undefined) throw invalid("an empty list")
    this.usual = first.origin + first.path
  }

  /**
   * The absolute URL that is allowed, which no browser reads otherwise than we did; undefined for any other. What browsers
   * and parsers disagree about, a backslash or a control character, is none.
   */
  find(asked: string): string | undefined {
    if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(asked)) return undefined
    const url = URL.parse(asked, this.#origin)
    if (url === null || url.username !== "" || url.password !== "") return undefined
    return this.#allowed.some((each) => isWithin(url, each)) ? url.href : undefined
  }
}

const isWithin = ({ origin, pathname }: URL, destination: Destination): boolean =>
  origin === destination.origin &&
  (destination.isPrefix ? pathname.startsWith(destination.path) : pathname === destination.path)

const parse = (text: string, origin: string): Destination => {
  const isPrefix = text.endsWith("/*")
  const path = isPrefix ? text.slice(0, -1) : text
  const url = path.startsWith("//") ? null : URL.parse(path, origin)
  const isWeb = url !== null && /^https?:$/.test(url.protocol) && !/[?#*\\]/.test(path)
  if (!isWeb || (!path.startsWith("/") && !URL.canParse(path))) throw invalid(JSON.stringify(text))
  return { origin: url.origin, path: url.pathname, isPrefix }
}

const invalid = (actual: string) =>
  new InvalidOption({
    option: "webLogin.returnTo",
    actual,
    accepts: 'paths or absolute URLs, such as "/account", or "/app/*" for all that is below'
  })
