/** A partial file: written beside its destination, and renamed when it is complete. */
import type { Download } from "@causeway/core/client"
import { constants } from "node:fs"
import { type FileHandle, open, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname } from "node:path"

/** The partial file of an earlier run. */
interface Left extends Note {
  readonly bytes: number
}

/** The validator and the size from the provider. */
interface Note {
  readonly validator: Download.Validator
  readonly total: number | undefined
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
    const note = await noteOf(path)
    const handle = await open(partPathOf(path), constants.O_RDWR | constants.O_CREAT)
    const { size } = await handle.stat()
    const partial = note === undefined || size === 0 ? undefined : { ...note, bytes: size }
    return new PartFile(path, handle, partial)
  }

  async write({ bytes, offset, total, validator }: Download.Part): Promise<void> {
    if (offset === 0 && bytes.byteLength === 0)
      await this.#begin(validator === undefined ? undefined : { validator, total })
    let written = 0
    while (written < bytes.byteLength) {
      const { bytesWritten } = await this.#handle.write(bytes, written, bytes.byteLength - written, offset + written)
      written += bytesWritten
    }
    this.#end = offset + bytes.byteLength
  }

  /** Without a note, what is there can't be resumed: at no moment does one stand beside the bytes of another file. */
  async #begin(note: Note | undefined): Promise<void> {
    await rm(notePathOf(this.#path), { force: true })
    await this.#handle.truncate(0)
    if (note !== undefined) await writeFile(notePathOf(this.#path), JSON.stringify(note))
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

const noteOf = async (path: string): Promise<Note | undefined> => {
  try {
    const note: unknown = JSON.parse(await readFile(notePathOf(path), "utf8"))
    return noteFrom(note)
  } catch {
    // Without a note that can be read, the download begins again.
    return undefined
  }
}

const noteFrom = (note: unknown): Note | undefined => {
  if (typeof note !== "object" || note === null || !("validator" in note) || !isValidator(note.validator))
    return undefined
  const total = "total" in note && Number.isSafeInteger(note.total) ? Number(note.total) : undefined
  return { validator: note.validator, total }
}

const isValidator = (validator: unknown): validator is Download.Validator =>
  typeof validator === "object" &&
  validator !== null &&
  (("etag" in validator && typeof validator.etag === "string") ||
    ("lastModified" in validator && typeof validator.lastModified === "string"))

/** Not every system lets a folder be flushed; where it does not, the name is there all the same. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r").catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}
