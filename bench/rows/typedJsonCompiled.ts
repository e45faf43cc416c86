// oxlint-disable-next-line import/no-unassigned-import -- schemas are compiled from here on
import "effect/schema/SchemaJITCompiler/enable"
import { typedRow } from "../peers/typed.ts"

export const row = typedRow("typed JSON, schemas compiled", "which is compiled when it is first used")
