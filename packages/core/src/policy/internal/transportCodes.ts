/** Classifies a failed request by the error code of the system, TLS or undici: one table, and rules for other codes. */

import * as AddressGuard from "../../crypto/AddressGuard.ts"

/** The side of the cause: `local` means this process or machine, which says nothing about the provider. */
export type Origin = "local" | "remote"

/** The classification of an error by itself. */
export interface Verdict {
  /** There was no connection yet, so nothing was sent. */
  readonly isConnecting: boolean
  readonly category: "transient" | "rejected"
  readonly origin: Origin
}

const unreachable: Verdict = { isConnecting: true, category: "transient", origin: "remote" }
const refused: Verdict = { isConnecting: true, category: "rejected", origin: "remote" }
const exhausted: Verdict = { isConnecting: true, category: "transient", origin: "local" }
const forbidden: Verdict = { isConnecting: true, category: "rejected", origin: "local" }
const broken: Verdict = { isConnecting: false, category: "transient", origin: "remote" }
const aborted: Verdict = { isConnecting: false, category: "transient", origin: "local" }

/** The names that Node gives to what OpenSSL says about a certificate. */
const certificateCodes = [
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CRL_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_SIGNATURE_FAILURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNSPECIFIED"
]

const rows: ReadonlyArray<readonly [Verdict, ReadonlyArray<string>]> = [
  [unreachable, ["ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ENONET"]],
  // The path of a Unix socket on which nothing listens yet.
  [unreachable, ["ENOENT"]],
  [unreachable, ["EAI_AGAIN", "ESERVFAIL", "ETIMEOUT", "UND_ERR_CONNECT_TIMEOUT", "ERR_TLS_HANDSHAKE_TIMEOUT"]],
  [unreachable, ["UND_ERR_PRX_CONN", "ERR_PROXY_UNAVAILABLE"]],
  [refused, ["ENOTFOUND", "ENODATA", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME", "EAI_FAMILY", "EAI_ADDRFAMILY"]],
  // An address that the request may not connect to.
  [refused, [AddressGuard.errorCode]],
  [refused, ["EPROTO", "UND_ERR_PRX_TLS", "ERR_PROXY_REJECTED", ...certificateCodes]],
  [exhausted, ["EMFILE", "ENFILE", "EADDRNOTAVAIL", "EADDRINUSE", "ENOBUFS", "ENOMEM", "EAI_MEMORY", "OUT_OF_MEM"]],
  [forbidden, ["EACCES", "EPERM", "EAFNOSUPPORT", "UND_ERR_CLOSED", "UND_ERR_DESTROYED"]],
  [aborted, ["UND_ERR_ABORTED", "ABORT_ERR"]],
  // With an alert of this kind the other side says that it failed, not that it disagrees.
  [unreachable, ["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR"]],
  [broken, ["ERR_SSL_UNEXPECTED_EOF_WHILE_READING"]]
]

const table: ReadonlyMap<string, Verdict> = new Map(
  rows.flatMap(([verdict, codes]) => codes.map((code) => [code, verdict] as const))
)

/** Families of codes that a table can't list completely, because OpenSSL, resolvers and undici add to them. */
const kinds: ReadonlyArray<readonly [RegExp, Verdict]> = [
  [/^ERR_(?:TLS|SSL)_/, refused],
  [/^(?:EAI_|UND_ERR_PRX_|UND_ERR_SOCKS5)/, unreachable]
]

/** The system calls before a connection is established. */
const connectingCalls = /^(?:connect|getaddrinfo|bind|socket|query[A-Z]\w*)$/

/** Classifies a transport error by its `code`, else by its system call; else as a broken exchange. */
export const verdictOf = (error: unknown): Verdict => {
  const code = textOf(error, "code") ?? ""
  const known = table.get(code) ?? kinds.find(([pattern]) => pattern.test(code))?.[1]
  return known ?? (isBeforeConnection(error) ? unreachable : broken)
}

const isBeforeConnection = (error: unknown): boolean =>
  connectingCalls.test(textOf(error, "syscall") ?? "") ||
  // A reset in the middle of a handshake has the code of any other.
  (textOf(error, "message") ?? "").includes("before secure TLS connection was established")

/**
 * An alert that rejects the client certificate. In TLS 1.3 it comes after the client has sent its first request, of which such a
 * server reads nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8446#section-6.2
 */
export const isCertificateRefusal = (code = ""): boolean => {
  const [, alert] = code.startsWith("ERR_SSL_") ? code.split("ALERT_", 2) : []
  return alert !== undefined && (alert.includes("CERTIFICATE") || alert === "UNKNOWN_CA" || alert === "ACCESS_DENIED")
}

const textOf = (value: unknown, key: "code" | "syscall" | "message"): string | undefined => {
  const text = typeof value === "object" && value !== null && key in value ? Reflect.get(value, key) : undefined
  return typeof text === "string" ? text : undefined
}
