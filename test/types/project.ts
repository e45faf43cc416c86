/** A project of one file in the cache, to ask the compiler and its language server what a user would see. */
import { execFile, spawn } from "node:child_process"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const tsc = `${root}node_modules/typescript/bin/tsc`

export interface Project {
  readonly folder: string
  readonly file: string
  readonly source: string
}

/** Writes a project of this source, type-checks `use` with it, and removes it. */
export const withProject = async <A>(
  name: string,
  source: string,
  use: (project: Project) => Promise<A>,
  compilerOptions: Readonly<Record<string, unknown>> = {}
): Promise<A> => {
  const folder = `${root}node_modules/.cache/types/${name}-${process.pid}`
  const file = `${folder}/source.ts`
  const config = { extends: "../../../../tsconfig.check.json", compilerOptions, include: ["./source.ts"], exclude: [] }
  await mkdir(folder, { recursive: true })
  await writeFile(file, source)
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config))
  try {
    return await use({ folder, file, source })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What the compiler prints. */
export const compile = ({ folder }: Project, flags: ReadonlyArray<string> = []): Promise<string> =>
  new Promise((resolve) => {
    const command = [tsc, "-p", `${folder}/tsconfig.json`, "--pretty", "false", ...flags]
    execFile(process.execPath, command, { maxBuffer: 1 << 27 }, (_error, stdout) => resolve(stdout))
  })

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly items?: ReadonlyArray<unknown> }
  readonly result?: { readonly contents?: { readonly value?: string } }
}

const markerOf = (source: string, marker: string) => {
  const before = source.slice(0, source.indexOf(marker)).split("\n")
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 }
}

/** What an editor shows at the first character of each marker. */
export const hovers = async (project: Project, markers: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const server = spawn(process.execPath, [tsc, "--lsp", "--stdio"], { stdio: ["pipe", "pipe", "ignore"] })
  const waiting = new Map<number, (message: Message) => void>()
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message })
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  const call = (id: number, method: string, params: object) =>
    new Promise<Message>((resolve) => {
      waiting.set(id, resolve)
      send({ id, method, params })
    })
  eachMessage(server.stdout, (message) => {
    if (message.id === undefined) return
    if (message.method === undefined) waiting.get(message.id)?.(message)
    else send({ id: message.id, result: message.params?.items?.map(() => null) ?? null })
  })
  const uri = pathToFileURL(project.file).href
  const capabilities = { textDocument: { hover: { contentFormat: ["plaintext"] } } }
  await call(0, "initialize", { processId: process.pid, rootUri: pathToFileURL(project.folder).href, capabilities })
  send({ method: "initialized", params: {} })
  send({
    method: "textDocument/didOpen",
    params: { textDocument: { uri, languageId: "typescript", version: 1, text: project.source } }
  })
  const shown: Array<string> = []
  for (const [index, marker] of markers.entries()) {
    const position = markerOf(project.source, marker)
    const { result } = await call(index + 1, "textDocument/hover", { textDocument: { uri }, position })
    shown.push(result?.contents?.value?.trim() ?? "")
  }
  const exited = new Promise((resolve) => server.once("exit", resolve))
  server.kill()
  await exited
  return shown
}

const eachMessage = (stream: NodeJS.ReadableStream, use: (message: Message) => void): void => {
  let received = Buffer.alloc(0)
  stream.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    for (;;) {
      const end = received.indexOf("\r\n\r\n")
      const length = Number(/Content-Length: (\d+)/i.exec(received.subarray(0, Math.max(end, 0)).toString())?.[1])
      if (end < 0 || received.length < end + 4 + length) return
      // What a language server sends.
      const message = JSON.parse(received.subarray(end + 4, end + 4 + length).toString()) as Message
      received = received.subarray(end + 4 + length)
      use(message)
    }
  })
}
