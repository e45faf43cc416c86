import * as Encodings from "./encodings.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as FormBody from "./formBody.ts"
import type { Token } from "./jsonWebToken.ts"

/** A value that was computed, `undefined` included. */
type Late<A> = { readonly value: A } | undefined

/** As long as all the headers of a request together may be under Node's own server. */
export const maxUrlLength = 16_384

/** A request whose body, form and URL are read as late as possible, and once. */
export class Delivery {
  readonly method: string
  readonly url: string
  readonly headers: DeliveryHeaders.DeliveryHeaders
  readonly body: Uint8Array
  /** The token that signs the request, once it was read. */
  token: Token | undefined
  #text: Late<string | undefined>
  #json: Late<unknown>
  #form: Late<FormBody.Form | undefined>
  #formJson: { readonly field: string; readonly value: unknown } | undefined
  #url: Late<URL | null>

  readonly #mayHaveMark: boolean

  /** Without a mark, a JSON body may not begin with a byte order mark: where not all of a body is signed, it could be added. */
  constructor(request: Pick<Delivery, "method" | "url" | "headers" | "body">, mark: "mark" | "no mark" = "mark") {
    this.#mayHaveMark = mark === "mark"
    this.method = request.method
    this.url = request.url
    this.headers = request.headers
    this.body = request.body
  }

  /** The body as text, or `undefined` when it is not UTF-8. */
  text(): string | undefined {
    return (this.#text ??= { value: Encodings.decodeText(this.body) }).value
  }

  /** The text of a JSON body, without the byte order mark that some senders write before it. */
  jsonText(): string | undefined {
    const text = this.text()
    return this.#mayHaveMark && text?.startsWith("\uFEFF") === true ? text.slice(1) : text
  }

  json(): unknown {
    return (this.#json ??= { value: Encodings.parseJson(this.jsonText()) }).value
  }

  /** The names and values of a form body, or `undefined` when it is not UTF-8. */
  form(): FormBody.Form | undefined {
    return (this.#form ??= {
      value: FormBody.parse(this.text(), DeliveryHeaders.optional(this.headers, "content-type"))
    }).value
  }

  /** The value of a field that is there once. */
  formField(name: string): string | undefined {
    return FormBody.only(this.form() ?? [], name)
  }

  /** The value of a field of an event: a delivery without a body has its fields in the query. */
  eventField(name: string): string | undefined {
    return this.method === "GET" ? this.query(name) : this.formField(name)
  }

  /** The text that a field of a form body encodes in base64, perhaps in several lines. */
  formXml(field: string): string | undefined {
    const value = this.formField(field)
    return value === undefined ? undefined : Encodings.decodeText(Buffer.from(value, "base64"))
  }

  formJson(field: string): unknown {
    if (this.#formJson?.field !== field) this.#formJson = { field, value: Encodings.parseJson(this.formField(field)) }
    return this.#formJson.value
  }

  /** `null` where it is no absolute URL, or too long to be one. */
  parsedUrl(): URL | null {
    return (this.#url ??= { value: this.url.length <= maxUrlLength ? URL.parse(this.url) : null }).value
  }

  /** The value of a parameter of the query that is there once. */
  query(name: string): string | undefined {
    const values = this.parsedUrl()?.searchParams.getAll(name) ?? []
    return values.length === 1 ? values[0] : undefined
  }
}
