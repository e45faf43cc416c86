/** Numbers as headers carry them: `7`, `1.5`, `.5`, `6e-05`, `1,000`. */

const plain = /^[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,3})?$/i

/**
 * Commas separate thousands where no space is beside them and each group behind one has three digits: `1,000` is a
 * thousand, while `1, 000`, `10,20` and `1,0000` are lists.
 */
const grouped = /^[+-]?[1-9]\d{0,2}(?:,\d{3}){1,6}(?:\.\d{1,20})?$/

/** A finite number, or undefined for everything else. The text must be trimmed. */
export const read = (text: string): number | undefined => {
  const digits = grouped.test(text) ? text.replaceAll(",", "") : text
  if (!plain.test(digits)) return undefined
  const value = Number(digits)
  return Number.isFinite(value) ? value : undefined
}

/** The members of a list that commas separate, trimmed. Thousands stay together. */
export const members = (text: string): ReadonlyArray<string> =>
  text
    .split(/,(?=\s)/)
    .map((part) => part.trim())
    .flatMap((part) => (grouped.test(part) ? [part] : part.split(",")))
    .map((part) => part.trim())
