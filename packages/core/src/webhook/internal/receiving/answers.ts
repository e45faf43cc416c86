import type { Reply } from "../../Handshake.ts"
import type { Refusal } from "../../SignatureScheme.ts"
import type { WebhookError } from "../../WebhookError.ts"
import type { Answer, Rejection } from "./reception.ts"

export const rejectionStatus: Readonly<Record<Rejection, number>> = {
  NotFound: 404,
  MethodNotAllowed: 405,
  UnsupportedContentEncoding: 415,
  UnsupportedContentType: 415,
  BodyTooLarge: 413,
  BodyTimeout: 408,
  BodyUnreadable: 400,
  BodyAlreadyRead: 503,
  NoChallenge: 400,
  WrongVerifyToken: 403,
  UnknownTenant: 401
}

const notAuthentic: ReadonlySet<WebhookError["reason"]["_tag"]> = new Set([
  "SignatureMismatch",
  "TimestampTooOld",
  "TimestampInFuture"
])

export const errorStatus = (error: WebhookError): number => (notAuthentic.has(error.reason._tag) ? 401 : 400)

const texts: Readonly<Record<number, string>> = {
  200: "ok",
  400: "bad request",
  401: "unauthorized",
  403: "forbidden",
  404: "not found",
  405: "method not allowed",
  408: "request timeout",
  413: "body too large",
  415: "unsupported content",
  503: "try again later"
}

const contentType = "text/plain; charset=utf-8"

const plainAnswers: Readonly<Record<number, Answer>> = Object.fromEntries(
  Object.entries(texts).map(([status, body]) => [
    status,
    {
      status: Number(status),
      headers: { "content-type": contentType, ...(status === "503" && { "retry-after": "30" }) },
      body
    }
  ])
)

export const plain = (status: number): Answer =>
  plainAnswers[status] ?? { status, headers: { "content-type": contentType }, body: "" }

/** The answer to a probe, which may be a HEAD. */
export const empty: Answer = { ...plain(200), body: "" }

/** The answer to a refusal that names what would be taken instead. */
export const rejected = (
  rejection: Rejection,
  accepts: { readonly methods: string; readonly types: string }
): Answer => {
  const answer = plain(rejectionStatus[rejection])
  switch (rejection) {
    case "MethodNotAllowed":
      return { ...answer, headers: { ...answer.headers, allow: accepts.methods } }
    case "UnsupportedContentEncoding":
      return { ...answer, headers: { ...answer.headers, "accept-encoding": "identity" } }
    case "UnsupportedContentType":
      return { ...answer, headers: { ...answer.headers, "accept-post": accepts.types } }
    default:
      return answer
  }
}

/** An answer that turns a delivery away, as the provider wants to read it. */
export const worded = (answer: Answer, refusal: Refusal | undefined): Answer =>
  refusal === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, "content-type": refusal.contentType }, body: refusal.body }

/** Statuses whose answers have no body. */
const isBodyless = (status: number): boolean => status === 204 || status === 304

/** A challenge's answer has a media type even without a body, because Discord rejects one without. */
export const toAnswer = ({ body, contentType: type, headers, status }: Reply): Answer => ({
  status,
  headers: { "content-type": type, ...headers },
  body: isBodyless(status) ? "" : body
})
