/** Behaves like Salesforce: tokens that expire, queries in pages, errors as a list, rows that are locked for a moment. */
import * as LocalServer from "./LocalServer.ts"

const error = (errorCode: string) => [{ message: "Refused", errorCode }]

export const start = () => {
  let tokens = 0
  let isRowLocked = true
  const records = (page: number) => [{ Id: `001${page}`, Name: `Account ${page}` }]
  return LocalServer.start(({ body, headers, method, url }) => {
    if (url.pathname === "/services/oauth2/token") {
      tokens += 1
      return { body: { access_token: `t${tokens}`, token_type: "Bearer", instance_url: "http://127.0.0.1" } }
    }
    // The first token has been revoked already.
    if (headers.authorization !== "Bearer t2") return { status: 401, body: error("INVALID_SESSION_ID") }
    if (method === "PATCH") {
      if (body.includes('"Name":""')) return { status: 400, body: error("REQUIRED_FIELD_MISSING") }
      if (!isRowLocked) return { status: 204, body: "" }
      isRowLocked = false
      return { status: 400, body: error("UNABLE_TO_LOCK_ROW") }
    }
    const page = url.pathname.endsWith("-2000") ? 2 : 1
    const nextRecordsUrl = page === 1 ? { nextRecordsUrl: `${url.pathname}/01g-2000` } : {}
    return { body: { totalSize: 2, done: page === 2, ...nextRecordsUrl, records: records(page) } }
  })
}
