/** The constructors of the testing room. */
import { Mock } from "@causeway/core/testing"
import * as accepted from "./accepted.ts"
import type { Row } from "./walk.ts"

export const rows: ReadonlyArray<Row> = [
  {
    name: "testing/Mock.status",
    options: { headers: { "x-app": "app" }, body: "text" },
    make: (options: never) => Mock.status(500, options),
    accepts: {
      "": accepted.allOptional,
      headers: accepted.allOptional,
      "headers.x-app": accepted.anyText,
      body: {
        values: accepted.anything.values.filter(
          (value) =>
            !["1n", "-1n", "a symbol", "a function", "a value that throws", "a value without a text"].includes(value)
        ),
        why: "a text, or any value that JSON can express"
      }
    },
    open: ["headers"]
  },
  {
    name: "testing/Mock.delay",
    options: { duration: 500, reply: Mock.ok() },
    isPositional: true,
    make: ({ duration, reply }: { duration: number; reply: never }) => Mock.delay(duration, reply),
    accepts: { duration: accepted.durationInNumbers },
    whole: ["reply"]
  },
  {
    name: "testing/Mock.sequence",
    options: { replies: Mock.ok() },
    isPositional: true,
    make: ({ replies }: { replies: never }) => Mock.sequence(replies),
    whole: ["replies"]
  },
  { name: "testing/Mock.by", options: () => Mock.ok(), make: Mock.by as Row["make"] },
  { name: "testing/Mock.broken", options: "Send", make: Mock.broken }
]
