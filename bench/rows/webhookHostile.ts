import { WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { Redacted } from "effect"
import { now, provider } from "../../packages/providers/test/packages/battery.ts"
import type { Sent } from "../../packages/providers/test/requestOracles.ts"
import type { Finding } from "../Row.ts"

const sizes = [65_536, 262_144, 1_048_576] as const

const fillings = [
  "a",
  "0",
  ",",
  " ",
  "=",
  ";",
  ".",
  "v1=",
  "v1,a ",
  "t=1,",
  "&a=b",
  "a=b&",
  "|",
  "-",
  "é",
  "%2F",
  "x:;",
  "{",
  "["
]

/** A delivery in which one part is a filling, over and over. */
interface Hostile {
  readonly what: string
  readonly sentOf: (size: number) => Sent
}

const repeat = (filling: string, size: number): string => filling.repeat(Math.ceil(size / filling.length))

const hostilesOf = (genuine: Sent): ReadonlyArray<Hostile> =>
  fillings.flatMap((filling) => [
    ...genuine.headers.map(([name]): Hostile => ({
      what: `header ${name} of ${JSON.stringify(filling)}`,
      sentOf: (size) => ({
        ...genuine,
        headers: genuine.headers.map(([key, value]) => [key, key === name ? repeat(filling, size) : value])
      })
    })),
    {
      what: `body of ${JSON.stringify(filling)}`,
      sentOf: (size) => ({ ...genuine, body: Buffer.from(repeat(filling, size)) })
    },
    {
      what: `URL of ${JSON.stringify(filling)}`,
      sentOf: (size) => ({ ...genuine, url: `${genuine.url}?${repeat(filling, size)}` })
    },
    {
      what: `headers named ${JSON.stringify(filling)}`,
      sentOf: (size) => ({
        ...genuine,
        headers: [...Array.from({ length: size / 256 }, (_, at) => [`x-${at}`, filling] as const), ...genuine.headers]
      })
    }
  ])

/** The least of some rounds, in µs of the processor: what others do on the machine does not count. */
const timeOf = (work: () => unknown): number => {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage()
    work()
    const { system, user } = process.cpuUsage(start)
    least = Math.min(least, system + user)
  }
  return least
}

interface Measured {
  readonly what: string
  readonly times: readonly [number, number, number]
}

const measureScheme = (id: string): ReadonlyArray<Measured> => {
  const played = provider(id)
  const secrets = [Redacted.make(played.secret)]
  return hostilesOf(played.send()).map(({ sentOf, what }) => {
    const timeAt = (size: number) => {
      const sent = sentOf(size)
      return timeOf(() => WebhookVerifier.verify(played.scheme, { ...sent, secrets, now, keys: played.keys }))
    }
    return { what: `${id}, ${what}`, times: [timeAt(sizes[0]), timeAt(sizes[1]), timeAt(sizes[2])] }
  })
}

const lineOf = ({ times: [first, second, third], what }: Measured): string =>
  `${what}: ${[first, second, third].map((time) => `${time.toFixed(0)} µs`).join(", ")}; ${(third / second).toFixed(1)} times as long for 4 times as much`

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Below this nothing but the clock is seen. */
const visible = 200

export const row: Finding = {
  name: "hostile deliveries",
  about: `Verifies what is refused, of 64, 256 and 1024 KiB in one part, under every scheme: work that is linear takes 4 times as long for 4 times as much, and quadratic work 16 times.`,
  find: async () => {
    const measured = Object.keys(schemes).flatMap((id) => measureScheme(id))
    const seen = measured.filter(({ times }) => times[1] >= visible)
    const growth = ({ times }: Measured) => times[2] / times[1]
    const steepest = seen.toSorted((left, right) => growth(right) - growth(left)).slice(0, 5)
    const slowest = measured.toSorted((left, right) => right.times[0] - left.times[0]).slice(0, 5)
    return [
      `${measured.length} deliveries, of which ${seen.length} take ${visible} µs or more at 256 KiB`,
      `JSON.parse alone, of "[": ${sizes.map((size) => `${timeOf(() => parse(repeat("[", size)))} µs`).join(", ")}`,
      "the steepest of those:",
      ...steepest.map((one) => `  ${lineOf(one)}`),
      "the slowest at 64 KiB:",
      ...slowest.map((one) => `  ${lineOf(one)}`)
    ]
  }
}
