/**
 * Writes the tables of policies in README.md and docs/policies/README.md from the ordered table of slots:
 * `node scripts/policyTable.ts`. A test compares the pages with what this would write.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type AnyRow, order } from "../packages/core/src/policy/internal/order.ts"
import { root } from "./command.ts"

const errorOf = ({ adds, around }: AnyRow): string => {
  if (around === "stream") return "`Timeout`, to a stream"
  return adds === undefined ? "" : `\`${adds}\``
}

const pageOf = (slot: string): string => `${slot.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.md`

const tableOf = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |")).join("\n")

const defaults = (): string =>
  tableOf(
    ["slot", "adds", "defaults", "in `Policy.standard`"],
    order.map((row) => [`\`${row.name}\``, errorOf(row), row.defaults, row.standard])
  )

const slots = (): string =>
  tableOf(
    ["slot", "what it is", "adds to the type"],
    order.map((row) => [`[\`${row.name}\`](${pageOf(row.name)})`, row.defaults, errorOf(row)])
  )

/** The order of the slots around an attempt, outermost first. */
export const orderLine = (): string =>
  [
    ...order
      .filter(({ around, name }) => around !== "stream" && name !== "retryBudget")
      .map(({ name }) => (name === "retry" ? "retry (retryBudget)" : name)),
    "authorize",
    "sign",
    "send"
  ].join(" > ")

/** The generated parts of a page, by the name in their markers. */
const parts: Readonly<Record<string, () => string>> = {
  "policy defaults": defaults,
  "policy slots": slots,
  "policy order": () => `\`${orderLine()}\``
}

const pages = ["README.md", "docs/policies/README.md"]

/** The text of a page with all parts written again. */
const written = (text: string): string =>
  Object.entries(parts).reduce(
    (text, [name, write]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end of ${name} -->)`),
        (_, begin: string, end: string) => `${begin}\n${write()}\n\n${end}`
      ),
    text
  )

/** Each page with parts: its text now, and as it would be written. */
export const tables = (): ReadonlyArray<{ readonly page: string; readonly now: string; readonly expected: string }> =>
  pages.map((page) => {
    const now = readFileSync(join(root, page), "utf8")
    return { page, now, expected: written(now) }
  })

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const { page, expected } of tables()) writeFileSync(join(root, page), expected)
}
