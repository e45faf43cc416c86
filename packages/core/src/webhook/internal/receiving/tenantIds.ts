import { createHash } from "node:crypto"

/** Names an event within its source: the tenant, `/`, and the id that the provider gave, or the hash of the body. */
export const join = (tenant: string | undefined, id: string | undefined, body: Uint8Array): string | undefined => {
  if (tenant === undefined) return id
  const own = id === undefined || id === "" ? createHash("sha256").update(body).digest("hex") : id
  return `${encodeURIComponent(tenant.toWellFormed())}/${own}`
}

/** The tenant and the id of the provider, of an id that {@link join} has made. */
export const split = (joined: string): { readonly tenant: string; readonly id: string } | undefined => {
  const end = joined.indexOf("/")
  if (end < 1) return undefined
  try {
    return { tenant: decodeURIComponent(joined.slice(0, end)), id: joined.slice(end + 1) }
  } catch {
    return undefined
  }
}
