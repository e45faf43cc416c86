import * as AddressGuard from "../../../crypto/AddressGuard.ts"
import type { Broken } from "../../../policy/Exchange.ts"

/** Why a request got no response, in the words of an error. */
export const detailOf = ({ code, detail }: Pick<Broken, "code" | "detail">): string =>
  code === AddressGuard.errorCode
    ? "its host is not on the public internet, and a third party has chosen it (allowPrivateNetworks permits it)"
    : detail
