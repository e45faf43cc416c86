/** What has credentials. */
import * as OptionCheck from "../../policy/OptionCheck.ts"

/** A class with credentials, such as an integration. */
export const checkTarget = OptionCheck.satisfies(
  "an integration, or another class with credentials",
  (value) => typeof Object(value).credentials?.key === "string"
)
