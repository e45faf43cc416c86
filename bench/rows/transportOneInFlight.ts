import type { Row } from "../Row.ts"
import { row as manyInFlight } from "./transport.ts"

export const row: Row = { ...manyInFlight, name: "transport, one by one", inFlight: 1, calls: 2000 }
