import { rowFor } from "../peers/jwt.ts"
import type { Row } from "../Row.ts"

export const row: Row = rowFor("RS256")
