import { typedRow } from "../peers/typed.ts"

export const row = typedRow("typed JSON", "which is interpreted")
