import type { Row } from "../Row.ts"
import { peersFor } from "./webhookVerification.ts"

export const row: Row = {
  name: "webhook verification, 64 KiB",
  about: "Verifies a signed body of 64 KiB; except for GitHub's, whose id and type are headers, it also parses it.",
  inFlight: 1,
  calls: 500,
  peers: peersFor(65_536)
}
