/** Runs an example by its name, such as `01-web-login`. */
import { spawn } from "node:child_process"
import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../examples/", import.meta.url))
const names = globSync("*.ts", { cwd: folder }).map((file) => file.replace(/\.ts$/, ""))
const [name = "", ...args] = process.argv.slice(2)
const file = names.find((each) => each === name.replace(/\.ts$/, "") || each.startsWith(`${name}-`))

if (file === undefined) {
  console.error(
    `There is no example ${JSON.stringify(name)}. There are:\n${names.map((each) => `  ${each}`).join("\n")}`
  )
  process.exitCode = 1
} else {
  const child = spawn(process.execPath, [`${folder}${file}.ts`, ...args], { stdio: "inherit" })
  child.on("close", (code) => (process.exitCode = code ?? 1))
}
