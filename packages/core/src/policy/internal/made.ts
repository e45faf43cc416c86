/** What was made by a constructor of a strategy, or by a service. */

/** Whether a value has the type id of a strategy. False for a value whose properties can't be read. */
export const isMade = <Id extends string>(typeId: Id, value: unknown): value is { readonly [Key in Id]: Id } => {
  try {
    return typeof value === "object" && value !== null && typeId in value
  } catch {
    return false
  }
}

/** Whether a value has these methods. Throws what its getters throw. */
export const hasMethods = (value: unknown, ...names: ReadonlyArray<string>): boolean =>
  typeof value === "object" &&
  value !== null &&
  names.every((name) => name in value && typeof Object(value)[name] === "function")
