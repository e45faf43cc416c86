import type { Row } from "../Row.ts"
import { goals, peersFor } from "./webhookVerification.ts"

export const row: Row = {
  name: "webhook verification, 64 KiB",
  about:
    "Verifies a signed body of 64 KiB; stripe and standardwebhooks also parse it, and so do we where an id or type in it is asked for.",
  inFlight: 1,
  calls: 500,
  peers: peersFor(65_536),
  goals
}
