/** A file on its way: written beside its place, and moved there when it is complete. */
import type { Download } from "@causeway/core/client"
import { constants } from "node:fs"
import { type FileHandle, open, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname } from "node:path"

/** What an earlier run has left. */
interface Left {
  readonly bytes: number
  readonly validator: Download.Validator
}

export class PartFile {
  readonly #path: string
  readonly partPath: string
  readonly #handle: FileHandle
  readonly partial: Left | undefined
  #end: number

  private constructor(path: string, handle: FileHandle, partial: Left | undefined) {
    this.#path = path
    this.partPath = partPathOf(path)
    this.#handle = handle
    this.partial = partial
    this.#end = partial?.bytes ?? 0
  }

  static async open(path: string): Promise<PartFile> {
    const validator = await noteOf(path)
    const handle = await open(partPathOf(path), constants.O_RDWR | constants.O_CREAT)
    const { size } = await handle.stat()
    const partial = validator === undefined || size === 0 ? undefined : { bytes: size, validator }
    return new PartFile(path, handle, partial)
  }

  async write({ bytes, offset, validator }: Download.Part): Promise<void> {
    if (offset === 0) await this.#begin(validator)
    let written = 0
    while (written < bytes.byteLength) {
      const { bytesWritten } = await this.#handle.write(bytes, written, bytes.byteLength - written, offset + written)
      written += bytesWritten
    }
    this.#end = offset + bytes.byteLength
  }

  /** Without a note, what is there can't be resumed: at no moment does one stand beside the bytes of another file. */
  async #begin(validator: Download.Validator | undefined): Promise<void> {
    await rm(notePathOf(this.#path), { force: true })
    await this.#handle.truncate(0)
    if (validator !== undefined) await writeFile(notePathOf(this.#path), JSON.stringify(validator))
  }

  /** The file is on the disk before it has its name, and the name before this returns. */
  async finish(): Promise<number> {
    await this.#handle.truncate(this.#end)
    await this.#handle.sync()
    await rename(this.partPath, this.#path)
    await rm(notePathOf(this.#path), { force: true })
    await syncFolder(dirname(this.#path))
    return this.#end
  }

  async discard(): Promise<void> {
    await rm(this.partPath, { force: true })
    await rm(notePathOf(this.#path), { force: true })
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

const partPathOf = (path: string): string => `${path}.part`

const notePathOf = (path: string): string => `${path}.part.json`

const noteOf = async (path: string): Promise<Download.Validator | undefined> => {
  try {
    const note: unknown = JSON.parse(await readFile(notePathOf(path), "utf8"))
    return isValidator(note) ? note : undefined
  } catch {
    // Without a note that can be read, the download begins again.
    return undefined
  }
}

const isValidator = (note: unknown): note is Download.Validator =>
  typeof note === "object" &&
  note !== null &&
  (("etag" in note && typeof note.etag === "string") ||
    ("lastModified" in note && typeof note.lastModified === "string"))

/** Not every system lets a folder be flushed; where it does not, the name is there all the same. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r").catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}
