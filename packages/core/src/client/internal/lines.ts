/** Splits bytes into lines as they arrive, in linear time and bounded memory. */
import * as BoundedBody from "../../crypto/BoundedBody.ts"

const LF = 0x0a
const CR = 0x0d
const RS = 0x1e

/** What ends a line: LF; CR, LF or both; or the record separator of RFC 7464. */
export type LineEnd = "LF" | "CR or LF" | "RS"

export class Lines {
  readonly #end: LineEnd
  readonly #maxBytes: number
  #pending: BoundedBody.BoundedBody
  #skipsLf = false

  constructor(end: LineEnd, maxBytes: number) {
    this.#end = end
    this.#maxBytes = maxBytes
    this.#pending = BoundedBody.make(maxBytes)
  }

  /** The lines that this chunk completes, without their ends; undefined when one is too large. */
  feed(chunk: Uint8Array): ReadonlyArray<Uint8Array> | undefined {
    const lines: Array<Uint8Array> = []
    let start = 0
    for (let at = this.#nextEnd(chunk, 0); at < chunk.length; at = this.#nextEnd(chunk, at + 1)) {
      const isLfOfCrLf = this.#skipsLf && at === start && chunk[at] === LF && this.#pending.byteLength === 0
      this.#skipsLf = chunk[at] === CR
      if (!isLfOfCrLf) {
        const line = this.#completed(chunk.subarray(start, at))
        if (line === undefined) return undefined
        lines.push(line)
      }
      start = at + 1
    }
    if (start < chunk.length) this.#skipsLf = false
    return this.#pending.append(chunk.subarray(start)) ? lines : undefined
  }

  /** The bytes received since the last line ended. */
  rest(): Uint8Array {
    return this.#pending.bytes()
  }

  #nextEnd(chunk: Uint8Array, from: number): number {
    if (this.#end !== "CR or LF") {
      const at = chunk.indexOf(this.#end === "LF" ? LF : RS, from)
      return at === -1 ? chunk.length : at
    }
    let at = from
    while (at < chunk.length && chunk[at] !== LF && chunk[at] !== CR) at += 1
    return at
  }

  #completed(end: Uint8Array): Uint8Array | undefined {
    if (this.#pending.byteLength === 0) return end.byteLength <= this.#maxBytes ? end : undefined
    if (!this.#pending.append(end)) return undefined
    const line = this.#pending.bytes()
    this.#pending = BoundedBody.make(this.#maxBytes)
    return line
  }
}
