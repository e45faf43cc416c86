/** Resolves names for connections that go to public addresses alone. */
import { AddressGuard } from "@causeway/core/crypto"
import * as Result from "effect/Result"
import * as dns from "node:dns"
import type { LookupFunction } from "node:net"

/**
 * A lookup that fails with `ForbiddenAddress` where one of the addresses is not public. A socket connects to the addresses
 * that its lookup gives it and resolves no name again.
 */
export const make =
  (lookup: LookupFunction = dns.lookup): LookupFunction =>
  (hostname, options, callback) =>
    lookup(hostname, options, (error, address, family) => {
      const addresses = typeof address === "string" ? [address] : (address ?? []).map((one) => one.address)
      const checked = error === null ? AddressGuard.checkResolved(hostname, addresses) : undefined
      if (checked !== undefined && Result.isFailure(checked)) callback(checked.failure, [])
      else callback(error, address, family)
    })
