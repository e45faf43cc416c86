/** Loaded before each example: an assertion that fails ends the program, where Node would only print it. */
import { AssertionError } from "node:assert"

console.assert = (condition: unknown, ...data: ReadonlyArray<unknown>) => {
  if (!condition) throw new AssertionError({ message: data.join(" ") || "console.assert failed" })
}
