import { type Duration, Result, type Schema } from "effect"
import * as Failure from "../../../policy/Failure.ts"
import * as Redact from "../../../policy/Redact.ts"
import * as AuthError from "../../AuthError.ts"
import type { OAuthQuirks } from "../../OAuthQuirks.ts"
import { refusalIn, type Said, strangeRefusalIn } from "./refusalIn.ts"

/** What an endpoint has answered. */
export interface Answer {
  /** How errors call the endpoint. */
  readonly endpoint: string
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Undefined when it was larger than is read. */
  readonly body: Uint8Array | undefined
  readonly now: number
  /** What must not be seen of it. */
  readonly secrets: ReadonlyArray<string>
}

export type Fields = Readonly<Record<string, Schema.Json>>

/** Which statuses are a success, and how it is written. */
export type Rules = Pick<
  OAuthQuirks,
  "successStatuses" | "errorsInSuccess" | "errorCodes" | "errorAt" | "answers" | "nullIsAbsent"
>

/** The members of a success; anything else is why there are none. */
export const fieldsOf = (answer: Answer, rules: Rules): Result.Result<Fields, AuthError.Reason> => {
  if (!rules.successStatuses.includes(answer.status)) return Result.fail(failureOf(answer, rules))
  const read = bodyOf(answer, rules)
  if (Result.isFailure(read)) return Result.fail(malformed(answer, read.failure))
  const fields = rules.nullIsAbsent ? withoutNulls(read.success) : read.success
  const said = rules.errorsInSuccess ? refusalIn(fields, rules) : undefined
  return said === undefined ? Result.succeed(fields) : Result.fail(refusalOf(answer, said))
}

/** Whether it said no, and why; for endpoints whose success has nothing to say. */
export const failureOf = (answer: Answer, rules: Rules): AuthError.Reason => {
  const { status } = answer
  const fields = fieldsIn(answer)
  const said = fields && refusalIn(fields, rules)
  const category = Failure.categoryOfStatus(status)
  if (category === "transient" || category === "throttled") return unavailable(answer, said && shown(answer, said.code))
  if (status >= 300 && status < 400) return malformed(answer, `it redirected (${status}), which is not followed`)
  if (said !== undefined) return refusalOf(answer, said)
  if (status === 401) return new AuthError.InvalidClient({ status, description: undefined, uri: undefined })
  const strange = fields && strangeRefusalIn(fields, rules)
  return strange === undefined
    ? malformed(answer, `it has the status ${status}, and no error of OAuth`)
    : refusalOf(answer, strange)
}

export const malformed = ({ endpoint }: Pick<Answer, "endpoint">, issue: string): AuthError.MalformedAnswer =>
  new AuthError.MalformedAnswer({ endpoint, issue })

const unavailable = (answer: Answer, code: string | undefined): AuthError.EndpointUnavailable =>
  new AuthError.EndpointUnavailable({
    endpoint: answer.endpoint,
    status: answer.status,
    detail: code ?? `status ${answer.status}`,
    retryAfter: retryAfterOf(answer)
  })

const retryAfterOf = ({ headers, now, status }: Answer): Duration.Duration | undefined =>
  Failure.retryAfter({ status, headers, now })

const utf8 = new TextDecoder("utf-8", { fatal: true })

const textOf = (body: Uint8Array): string | undefined => {
  try {
    return utf8.decode(body)
  } catch {
    return undefined
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const contentTypeOf = ({ headers }: Answer): string =>
  (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""

const form = "application/x-www-form-urlencoded"

const bodyOf = (answer: Answer, { answers }: Rules): Result.Result<Fields, string> => {
  if (answer.body === undefined) return Result.fail("it is larger than an answer may be")
  const text = textOf(answer.body)
  if (text === undefined) return Result.fail("it is not UTF-8")
  if (text.trim() === "") return Result.fail("it is empty")
  const contentType = contentTypeOf(answer)
  if (answers === "form" && contentType === form) return fromForm(text)
  if (answers !== "untyped" && contentType !== "application/json")
    return Result.fail(`it is ${named(contentType)}, not JSON`)
  const fields = parsed(text)
  return isFields(fields) ? Result.succeed(fields) : Result.fail("it is not a JSON object")
}

const named = (contentType: string): string =>
  /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(contentType) ? contentType : "of no content type"

const fromForm = (text: string): Result.Result<Fields, string> => {
  const pairs = Array.from(new URLSearchParams(text))
  const fields = Object.fromEntries(
    pairs.map(([name, value]) => [name, name === "expires_in" ? numeric(value) : value])
  )
  return Object.keys(fields).length === pairs.length
    ? Result.succeed(fields)
    : Result.fail("it holds a member more than once")
}

/** The members of a body that has any, whatever else is wrong with the answer. */
export const fieldsIn = (answer: Answer): Fields | undefined => {
  const text = answer.body === undefined ? undefined : textOf(answer.body)
  if (text === undefined) return undefined
  const fields = contentTypeOf(answer) === form ? Object.fromEntries(new URLSearchParams(text)) : parsed(text)
  return isFields(fields) ? fields : undefined
}

/** A form has no numbers but in text. */
const numeric = (text: string): string | number => (/^\d{1,15}$/.test(text) ? Number(text) : text)

const withoutNulls = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

const shown = ({ secrets }: Pick<Answer, "secrets">, code: string): string => Redact.excerpt(code, 100, secrets)

/** Codes of the authorization endpoint that mean: not now. */
const notNow: ReadonlySet<string> = new Set(["temporarily_unavailable", "server_error"])

const refusalOf = (answer: Answer, said: Said): AuthError.Reason => {
  const code = said.meaning ?? shown(answer, said.code)
  if (notNow.has(code)) return unavailable(answer, code)
  const { secrets, status } = answer
  return AuthError.refusal(code, { status, description: said.words, uri: said.uri }, secrets)
}
