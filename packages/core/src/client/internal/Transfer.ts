/** One running download: its requests, their results, and the offset of the next one. */
import { type Duration, Effect, Exit, type Pull, Schedule, Stream } from "effect"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as CallError from "../../policy/CallError.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type * as Download from "./downloadTypes.ts"
import { Checksums, expectedOf } from "./checksums.ts"
import { ifRange, isSame, partOf, type Place, type Validator, validatorOf, wholeOf } from "./ranges.ts"

interface Settings {
  readonly attempts: number
  readonly schedule: Schedule.Schedule<unknown>
  readonly verify: boolean
  /** Whether the receiver can start again from the first byte. */
  readonly mayBeginAgain: boolean
  readonly onProgress: Download.Options["onProgress"]
  readonly failure: (reason: Download.DownloadFailure["reason"], detail: string) => Download.DownloadFailure
}

type Step = (now: number, input: number) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

export class Transfer<E, E2, R, E3, R3> {
  readonly #call: Download.Call<E, E2, R>
  readonly #settings: Settings
  #partial: Download.Partial<E3, R3> | undefined
  #bytes: number
  #validator: Validator | undefined
  #total: number | undefined = undefined
  /** Undefined until the first response, whose headers have the checksums. */
  #checksums: Checksums | undefined = undefined
  #hasAnswer = false
  #isOver = false
  #resumed = 0
  /** The number of consecutive requests without a byte. */
  #fruitless = 0
  #hasMoved = false
  #step: Step | undefined = undefined
  /** The failure of the last request, if the download may continue. */
  #broken: E | E2 | Download.DownloadFailure | undefined = undefined

  constructor(call: Download.Call<E, E2, R>, partial: Download.Partial<E3, R3> | undefined, settings: Settings) {
    this.#call = call
    this.#settings = settings
    this.#partial = partial
    // A request for what follows the last byte has no answer with the checksums of the file.
    this.#bytes = partial === undefined ? 0 : Math.max(0, Math.min(partial.bytes, (partial.total ?? Infinity) - 1))
    this.#validator = partial?.validator
  }

  get parts(): Stream.Stream<Download.Part, E | E2 | E3 | Download.DownloadFailure, R | R3> {
    const requests = Stream.unfold(undefined, () =>
      Effect.suspend(() =>
        this.#isOver ? Effect.succeed(undefined) : Effect.map(this.#next(), (parts) => [parts, undefined] as const)
      )
    )
    return Stream.concat(
      Stream.flatMap(requests, (parts) => parts),
      Stream.unwrap(
        Effect.as(
          Effect.suspend(() => this.#verified()),
          Stream.empty
        )
      )
    )
  }

  /** The parts of the next response; after a transient failure, of another request. */
  #next(): Effect.Effect<
    Stream.Stream<Download.Part, E | E2 | E3 | Download.DownloadFailure, R3>,
    E | E2 | Download.DownloadFailure,
    R
  > {
    const wait = this.#broken === undefined ? Effect.void : this.#wait(this.#broken)
    return Effect.andThen(
      wait,
      Effect.suspend(() =>
        Effect.matchEffect(this.#call({ headers: this.#headers() }), {
          onFailure: (error) => this.#refused(error),
          onSuccess: ([bytes, response]) => Effect.succeed(this.#received(bytes, response))
        })
      )
    )
  }

  #headers(): Readonly<Record<string, string>> {
    const identity = { "accept-encoding": "identity" }
    const validator = this.#bytes === 0 ? undefined : this.#validator
    if (validator === undefined) return identity
    return { ...identity, range: `bytes=${this.#bytes}-`, "if-range": ifRange(validator) }
  }

  #refused(error: E): Effect.Effect<Stream.Stream<Download.Part, E3, R3>, E> {
    const status = statusOf(error)
    // The file has become shorter, or ends where its size was unknown.
    if (status === 416 && this.#bytes > 0 && this.#settings.mayBeginAgain) {
      this.#restart()
      return this.#retried(error)
    }
    return this.#hasAnswer && isPassing(error) ? this.#retried(error) : Effect.fail(error)
  }

  #retried(error: E): Effect.Effect<Stream.Stream<Download.Part>> {
    this.#broken = error
    return Effect.succeed(Stream.empty)
  }

  #restart(): void {
    this.#bytes = 0
    this.#validator = undefined
    this.#partial = undefined
    this.#total = undefined
    this.#checksums = undefined
  }

  #received(
    bytes: Stream.Stream<Uint8Array, E2>,
    response: HttpClientResponse
  ): Stream.Stream<Download.Part, E2 | E3 | Download.DownloadFailure, R3> {
    this.#hasAnswer = true
    this.#broken = undefined
    const { headers } = response
    const isPart = response.status === 206
    const isCoded = codingOf(response) !== "identity"
    const place = isPart ? partOf(headers) : wholeOf(headers, isCoded)
    const problem = this.#problemOf(place, isPart, headers)
    if (place === undefined || problem !== undefined) {
      const detail = problem ?? "the response has no valid Content-Range"
      return Stream.unwrap(Effect.as(Exchange.discard(response), Stream.fail(this.#settings.failure("Range", detail))))
    }
    if (!isPart) this.#begin(headers, isCoded)
    this.#total = place.total ?? this.#total
    this.#resumed = place.offset
    const replayed = this.#prepare(headers, isPart)
    // A file that is downloaded again may be empty.
    const begun = isPart
      ? []
      : [{ offset: 0, bytes: new Uint8Array(0), validator: this.#validator, total: place.total }]
    return Stream.concat(replayed, Stream.concat(Stream.fromIterable(begun), this.#read(bytes, place)))
  }

  #problemOf(place: Place | undefined, isPart: boolean, headers: HttpClientResponse["headers"]): string | undefined {
    if (!isPart || place === undefined) return undefined
    if (place.offset !== this.#bytes) return `requested the bytes from ${this.#bytes}, got those from ${place.offset}`
    const isOther = headers["etag"] !== undefined && this.#validator !== undefined && !isSame(this.#validator, headers)
    if (isOther && "etag" in (this.#validator ?? {})) return "the ETag of the part differs from that of the file"
    return this.#total !== undefined && place.total !== undefined && place.total !== this.#total
      ? `the file had ${this.#total} bytes, and has ${place.total} now`
      : undefined
  }

  /** The response is the whole file: the bytes of an earlier one are discarded. */
  #begin(headers: HttpClientResponse["headers"], isCoded: boolean): void {
    this.#restart()
    this.#validator = isCoded || headers["accept-ranges"] === "none" ? undefined : validatorOf(headers)
  }

  /** Selects the checksums by the first response; the bytes of an earlier run are hashed first. */
  #prepare(headers: HttpClientResponse["headers"], isPart: boolean): Stream.Stream<never, E3, R3> {
    if (this.#checksums !== undefined) return Stream.empty
    const isCoded = (headers["content-encoding"] ?? "identity") !== "identity"
    const checksums = new Checksums(this.#settings.verify && !isCoded ? expectedOf(headers, isPart) : [])
    this.#checksums = checksums
    const partial = this.#partial
    if (partial === undefined || !checksums.isNeeded) return Stream.empty
    let left = this.#bytes
    return Stream.takeWhile(partial.content, () => left > 0).pipe(
      Stream.tap((bytes) =>
        Effect.sync(() => {
          checksums.update(bytes.subarray(0, left))
          left -= Math.min(left, bytes.byteLength)
        })
      ),
      Stream.filter((_bytes): _bytes is never => false)
    )
  }

  #read(
    bytes: Stream.Stream<Uint8Array, E2>,
    place: Place
  ): Stream.Stream<Download.Part, E2 | Download.DownloadFailure> {
    return Stream.mapEffect(bytes, (chunk) => this.#part(chunk)).pipe(
      Stream.catch((error): Stream.Stream<never, E2 | Download.DownloadFailure> => {
        if (!isPassing(error)) return Stream.fail(error)
        // A failure of the download itself has no category.
        this.#broken = error
        return Stream.empty
      }),
      Stream.concat(Stream.suspend(() => this.#atEnd(place)))
    )
  }

  #part(bytes: Uint8Array): Effect.Effect<Download.Part, Download.DownloadFailure> {
    const offset = this.#bytes
    const total = this.#total
    this.#bytes += bytes.byteLength
    if (total !== undefined && this.#bytes > total) {
      return Effect.fail(this.#settings.failure("Length", `the file has ${total} bytes, and more came`))
    }
    if (bytes.byteLength > 0) {
      this.#hasMoved = true
      this.#step = undefined
    }
    this.#checksums?.update(bytes)
    const part = { offset, bytes, validator: this.#validator, total }
    const { onProgress } = this.#settings
    if (onProgress === undefined) return Effect.succeed(part)
    return Effect.as(onProgress({ bytes: this.#bytes, total, resumed: this.#resumed }), part)
  }

  #atEnd({ end }: Place): Stream.Stream<never> {
    const last = this.#total ?? end
    if (this.#broken === undefined && last !== undefined && this.#bytes < last) {
      this.#broken = this.#settings.failure("Length", `the file has ${last} bytes, and only ${this.#bytes} came`)
    }
    this.#isOver = this.#broken === undefined
    return Stream.empty
  }

  #verified(): Effect.Effect<void, Download.DownloadFailure> {
    const wrong = this.#checksums?.mismatch()
    return wrong === undefined
      ? Effect.void
      : Effect.fail(
          this.#settings.failure(
            "Checksum",
            `the ${wrong.algorithm} of the bytes is not that of the header ${wrong.header}`
          )
        )
  }

  /** Waits for the delay of the schedule; fails with the last failure when no attempt is left. */
  #wait<Broken>(broken: Broken): Effect.Effect<void, Broken> {
    this.#fruitless = this.#hasMoved ? 0 : this.#fruitless + 1
    this.#hasMoved = false
    if (this.#fruitless >= this.#settings.attempts) return Effect.fail(broken)
    // Without a validator, the received bytes can't be joined with further ones.
    if (this.#validator === undefined) {
      if (this.#bytes > 0 && !this.#settings.mayBeginAgain) return Effect.fail(broken)
      this.#restart()
    }
    const start = this.#step === undefined ? Schedule.toStep(this.#settings.schedule) : Effect.succeed(this.#step)
    return Effect.flatMap(start, (step) => {
      this.#step = step
      return Effect.clockWith((clock) =>
        Effect.flatMap(Effect.exit(step(clock.currentTimeMillisUnsafe(), this.#fruitless)), (exit) =>
          Exit.isSuccess(exit) ? Effect.sleep(exit.value[1]) : Effect.fail(broken)
        )
      )
    })
  }
}

/** The coding of the body as it was received: a transport may have decoded it. */
const codingOf = (response: HttpClientResponse): string =>
  Exchange.asReceived(response).headers["content-encoding"] ?? "identity"

const factsOf = (error: unknown): { readonly category: unknown; readonly status: unknown } => {
  const object = typeof error === "object" && error !== null ? error : {}
  const info = CallError.infoOf(object)
  return {
    category: CallError.is(error) ? error.category : info?.category,
    status: "status" in object ? object.status : info?.status
  }
}

const statusOf = (error: unknown): unknown => factsOf(error).status

/** Whether another request may succeed; the deadline of one call does not end the download. */
const isPassing = (error: unknown): boolean => {
  const { category } = factsOf(error)
  return category === "transient" || category === "throttled"
}
