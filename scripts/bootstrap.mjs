/**
 * Installs what this workspace needs, then runs a command with it: `node scripts/bootstrap.mjs <command> [arguments]`.
 *
 * Plain JavaScript without dependencies, because it runs before anything is installed, on any Node from 20 on. The
 * command finds the workspace's own tools, Node 24 among them, first on its PATH.
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const oldestNode = 20
const root = fileURLToPath(new URL("..", import.meta.url))
const modules = join(root, "node_modules")
const tools = join(modules, ".bin")
const stampFile = join(modules, ".installed-from")
const onWindows = process.platform === "win32"

const fail = (message) => {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

const checkNode = () => {
  const major = Number.parseInt(process.versions.node, 10)
  if (major < oldestNode) fail(`Causeway needs Node ${oldestNode} or later to install; this is ${process.version}.`)
}

const manifestsIn = (folder) => {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .toSorted()
    .map((name) => `${folder}/${name}/package.json`)
}

const stamp = () => {
  const inputs = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]
  const files = [...inputs, ...manifestsIn("packages"), ...manifestsIn("examples")]
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`)
  for (const file of files) {
    if (existsSync(join(root, file))) hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  }
  return hash.digest("hex")
}

const isInstalled = () =>
  existsSync(stampFile) && existsSync(join(tools, "node")) && readFileSync(stampFile, "utf8") === stamp()

const packageManager = () => JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split("+")[0]

/** npm tells its scripts which registry and proxies it uses; pnpm listens to names of its own only. */
const installEnvironment = () => {
  const environment = { ...process.env, npm_config_update_notifier: "false" }
  for (const name of ["registry", "proxy", "https_proxy", "noproxy"]) {
    const value = process.env[`npm_config_${name}`]
    if (value && !process.env[`pnpm_config_${name}`]) environment[`pnpm_config_${name}`] = value
  }
  return environment
}

const exitCode = (code, signal) => (signal === null ? (code ?? 1) : 128 + constants.signals[signal])

/**
 * npm starts a script through a shell that may die of a signal without handing it on: a script whose shell is gone was
 * stopped. Started by hand, nothing is watched, so that a shell may leave it running in the background.
 */
const whenOrphaned = (stop) => {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    stop()
  }, 250)
  return watch
}

/** Runs a command to its end, hands every signal on to it, and answers with its exit code. */
const run = (command, args, options, onOutput) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, shell: onWindows, ...options })
    const handOn = (signal) => child.kill(signal)
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
    for (const signal of signals) process.on(signal, handOn)
    const watch = whenOrphaned(() => handOn("SIGTERM"))
    const end = (code) => {
      clearInterval(watch)
      for (const signal of signals) process.off(signal, handOn)
      resolve(code)
    }
    child.stdout?.on("data", onOutput)
    child.stderr?.on("data", onOutput)
    child.on("error", (error) => {
      process.stderr.write(`${command}: ${error.message}\n`)
      end(127)
    })
    child.on("close", (code, signal) => end(exitCode(code, signal)))
  })

const install = async () => {
  const manager = packageManager()
  process.stderr.write(`Installing the workspace with ${manager} (the first time takes about half a minute) ...\n`)
  const started = performance.now()
  rmSync(stampFile, { force: true })
  let output = ""
  const code = await run(
    "npx",
    ["--yes", "--loglevel=error", manager, "install", "--frozen-lockfile"],
    { stdio: ["ignore", "pipe", "pipe"], env: installEnvironment() },
    (chunk) => (output += chunk)
  )
  if (code > 128) process.exit(code)
  if (code !== 0) {
    process.stderr.write(output)
    fail(`The installation failed (${manager} ended with exit code ${code}); its output is above.`)
  }
  if (!existsSync(join(tools, "node"))) fail(`The installation left no ${join(tools, "node")}.\n${output}`)
  writeFileSync(stampFile, stamp())
  process.stderr.write(`Installed in ${((performance.now() - started) / 1000).toFixed(0)} s.\n`)
}

checkNode()
if (!isInstalled()) await install()
const [command, ...args] = process.argv.slice(2)
if (command !== undefined) {
  const path = `${tools}${delimiter}${process.env.PATH ?? ""}`
  process.exitCode = await run(command, args, { stdio: "inherit", env: { ...process.env, PATH: path } })
}
