import type { Response } from "./options.ts"
import type { Answer } from "./reception.ts"

/** The answer that a response is; throws where it can't be one. */
export const toAnswer = ({ body = "", contentType = "application/json", status = 200 }: Response): Answer => {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new Error(`the status of the answer must be from 200 to 599, got ${String(status)}`)
  }
  if (!/^[\x20-\x7e]+$/.test(contentType)) throw new Error("the content type of the answer must be visible ASCII")
  return status === 204 || status === 304
    ? { status, headers: {}, body: "" }
    : { status, headers: { "content-type": contentType }, body }
}
