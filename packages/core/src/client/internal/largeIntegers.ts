/** Finds the schemas of large integers, and puts integers with all their digits into parsed JSON. */

/** The annotation of a declaration whose values are numbers or bigints. */
export const largeIntegerMark = "~causeway/client/LargeInteger"

/** The numbers of a parsed text that differ from their digits. */
export interface Digits {
  readonly digitsAt: (holder: object, key: string) => string | undefined
  /** The digits of the value itself. */
  readonly digits: string | undefined
}

/** The parsed value with a bigint for each integer that a number cannot hold. The value is changed in place. */
export const withLargeIntegers = (value: unknown, { digits, digitsAt }: Digits): unknown => {
  const left: Array<unknown> = [value]
  while (left.length > 0) {
    const holder = left.pop()
    if (typeof holder !== "object" || holder === null) continue
    for (const [key, inner] of Object.entries(holder)) {
      const exact = exactOf(inner, digitsAt(holder, key))
      if (exact === undefined) left.push(inner)
      else Object.defineProperty(holder, key, { value: exact, writable: true, enumerable: true, configurable: true })
    }
  }
  return exactOf(value, digits) ?? value
}

/** Reading the digits takes more than linear time: longer ones stay numbers, which the schema refuses. */
const exactOf = (value: unknown, digits: string | undefined): bigint | undefined =>
  typeof value === "number" && digits !== undefined && !Number.isSafeInteger(value) && /^-?\d{1,100}$/.test(digits)
    ? BigInt(digits)
    : undefined
