/** Calls a constructor with each of its options replaced by odd values, and lists those that it does not refuse by name. */
import { InvalidOption } from "@causeway/core/policy"

/** What one option accepts although it is odd, and why. */
export interface Accepted {
  readonly values: ReadonlyArray<OddName>
  readonly why: string
}

/** A constructor, and options that it accepts. */
export interface Row {
  /** As the package's path and the name in its module: `policy/Bulkhead.make`. */
  readonly name: string
  /** Valid options, each of them set. */
  readonly options: unknown
  /** Whether the options are a record of positional arguments, which exists in the row only. */
  readonly isPositional?: boolean
  /** The sample is for the constructor; what the walk puts into it is not. */
  readonly make: (options: never) => unknown
  /** By path, such as `limits.0.window`; the path of the options themselves is `""`. */
  readonly accepts?: Readonly<Record<string, Accepted>>
  /** Paths of records that take any name. */
  readonly open?: ReadonlyArray<string>
  /** Paths that the sample leaves out, because they exclude one that it has. */
  readonly omits?: ReadonlyArray<string>
  /** The row that has all options, for a constructor that passes them on to that one. */
  readonly fullIn?: string
  /** Paths whose value is walked as a whole: made by another constructor, or read by its own check. */
  readonly whole?: ReadonlyArray<string>
}

/** Even to look at it throws. */
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error("get")
    },
    has: () => {
      throw new Error("has")
    },
    ownKeys: () => {
      throw new Error("ownKeys")
    },
    getPrototypeOf: () => {
      throw new Error("getPrototypeOf")
    },
    getOwnPropertyDescriptor: () => {
      throw new Error("getOwnPropertyDescriptor")
    }
  }
)

const unprintable = {
  toString: () => {
    throw new Error("toString")
  },
  toJSON: () => {
    throw new Error("toJSON")
  }
}

const odd = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-1": -1,
  "7": 7,
  "an empty text": "",
  "a text": "odd text",
  null: null,
  "an empty record": {},
  "an empty array": [],
  "an array of null": [null],
  "a function": () => undefined,
  true: true,
  "1n": 1n,
  "-1n": -1n,
  "a symbol": Symbol("odd"),
  "a date": new Date(0),
  "an invalid date": new Date(Number.NaN),
  "a value that throws": hostile,
  "a value without a text": unprintable
} as const

export type OddName = keyof typeof odd

/** The values, with the same type as the name's. */
const oddValues = Object.entries(odd) as ReadonlyArray<readonly [OddName, unknown]>

type Path = ReadonlyArray<string>

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

const isWhole = (row: Row, path: Path): boolean => row.whole?.includes(path.join(".")) === true

/** The paths of a sample: the whole, each record, each array, and each value in them. */
const pathsOf = (row: Row, value: unknown, path: Path = []): ReadonlyArray<Path> => {
  if (isWhole(row, path)) return [path]
  const own = path.length === 0 && row.isPositional === true ? [] : [path]
  const inner = isPlain(value) || Array.isArray(value) ? Object.entries(value) : []
  return [...own, ...inner.flatMap(([name, field]) => pathsOf(row, field, [...path, name]))]
}

const valueAt = (value: unknown, [name, ...rest]: Path): unknown =>
  // A path of the sample leads through records and arrays only.
  name === undefined ? value : valueAt((value as Readonly<Record<string, unknown>>)[name], rest)

const replaced = (value: unknown, [name, ...rest]: Path, by: unknown): unknown => {
  if (name === undefined) return by
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === name ? replaced(item, rest, by) : item))
  // A path of the sample leads through records and arrays only.
  const record = value as Readonly<Record<string, unknown>>
  return { ...record, [name]: replaced(record[name], rest, by) }
}

/** A number is as good as another for a number, and so on: the odd ones are those of another kind, and the extremes. */
const isOfItsKind = (sample: unknown, name: OddName): boolean =>
  (typeof sample === "number" && name === "7") ||
  (typeof sample === "boolean" && name === "true") ||
  (typeof sample === "function" && name === "a function") ||
  (Array.isArray(sample) && name === "an empty array" && sample.length === 0)

/** What the constructor makes of a value: nothing of note when it refuses it by name. */
const problemOf = (row: Row, path: Path, value: unknown): "accepted" | string | undefined => {
  try {
    // The types refuse odd values; the walk does what a program without types would.
    row.make(replaced(row.options, path, value) as never)
    return "accepted"
  } catch (error) {
    if (!(error instanceof InvalidOption.InvalidOption)) return `threw ${nameOf(error)}`
    // Options that are a record of their own, or that are left out, are named as the constructor names them.
    if (value === undefined || isRecordOfOptions(row, path)) return undefined
    const name = path.findLast((segment) => !/^\d+$/.test(segment))
    // A record of odd names is refused by one of these.
    const isNamed = name === undefined || error.message.includes(name) || error.message.includes('"toString"')
    return isNamed ? undefined : `was refused as ${error.option}`
  }
}

const isRecordOfOptions = (row: Row, path: Path): boolean =>
  path.length === 0 || (row.isPositional === true && path.length === 1 && isPlain(valueAt(row.options, path)))

const nameOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : typeof error)

/** What is wrong with how a constructor treats odd options; nothing, if all is well. */
export const walk = (row: Row): ReadonlyArray<string> => {
  const valid = validProblems(row)
  return valid.length > 0
    ? valid
    : [...oddProblems(row), ...absenceProblems(row), ...nameProblems(row), ...sampleProblems(row)]
}

const validProblems = (row: Row): ReadonlyArray<string> => {
  try {
    // The sample is for this constructor.
    row.make(row.options as never)
    return []
  } catch (error) {
    return [`${row.name} refuses the sample: ${nameOf(error)}`]
  }
}

const oddProblems = (row: Row): ReadonlyArray<string> =>
  pathsOf(row, row.options).flatMap((path) => {
    const listed = row.accepts?.[path.join(".")]?.values ?? []
    return oddValues.flatMap(([name, value]) => {
      if (isOfItsKind(valueAt(row.options, path), name)) return []
      const problem = problemOf(row, path, value)
      if (problem === "accepted") return listed.includes(name) ? [] : [message(row, path, name, "is accepted")]
      if (problem !== undefined) return [message(row, path, name, problem)]
      return listed.includes(name) ? [message(row, path, name, "is refused, but listed as accepted")] : []
    })
  })

/** What is left out is a default or is refused by name: it never throws anything else. */
const absenceProblems = (row: Row): ReadonlyArray<string> =>
  pathsOf(row, row.options).flatMap((path) => {
    const problem = problemOf(row, path, undefined)
    return problem === undefined || problem === "accepted" ? [] : [`${row.name}: ${path.join(".")} left out ${problem}`]
  })

const nameProblems = (row: Row): ReadonlyArray<string> =>
  pathsOf(row, row.options).flatMap((path) => {
    const record = valueAt(row.options, path)
    const isOpen = row.open?.includes(path.join(".")) === true || isWhole(row, path)
    if (!isPlain(record) || isOpen) return []
    return Object.keys(record).flatMap((name) => misspelled(row, path, record, name))
  })

const misspelled = (
  row: Row,
  path: Path,
  record: Readonly<Record<string, unknown>>,
  name: string
): ReadonlyArray<string> => {
  const wrong = `${name}z`
  const where = `${row.name}: ${[...path, wrong].join(".")}`
  try {
    // The types refuse unknown names; the walk does what a program without types would.
    row.make(replaced(row.options, path, { ...record, [wrong]: record[name] }) as never)
    return [`${where} is accepted`]
  } catch (error) {
    if (!(error instanceof InvalidOption.InvalidOption)) return [`${where} threw ${nameOf(error)}`]
    return error.message.includes("did you mean")
      ? []
      : [`${where} is refused without the nearest name: ${error.message}`]
  }
}

/** An option that the sample lacks would not be walked. */
const sampleProblems = (row: Row): ReadonlyArray<string> =>
  (row.fullIn === undefined ? pathsOf(row, row.options) : []).flatMap((path) => {
    const record = valueAt(row.options, path)
    if (!isPlain(record) || row.open?.includes(path.join(".")) === true || isWhole(row, path)) return []
    const lacking = knownNames(row, path, record).filter((name) => !Object.hasOwn(record, name))
    return lacking
      .map((name) => [...path, name].join("."))
      .filter((name) => row.omits?.includes(name) !== true)
      .map((name) => `${row.name}: the sample lacks ${name}`)
  })

/** The names that a closed record has, as it lists them for a name that is near none; none where there are many. */
const knownNames = (row: Row, path: Path, record: Readonly<Record<string, unknown>>): ReadonlyArray<string> => {
  try {
    // The types refuse unknown names; the walk does what a program without types would.
    row.make(replaced(row.options, path, { ...record, qqqqqqqqqqqqqqqqqqqqqqqq: undefined }) as never)
    return []
  } catch (error) {
    const accepts = error instanceof InvalidOption.InvalidOption ? error.accepts : ""
    return /^a record of known options \((.*)\)$/.exec(accepts)?.[1]?.split(", ") ?? []
  }
}

const message = (row: Row, path: Path, value: OddName, problem: string): string =>
  `${row.name}: ${path.length === 0 ? "the options" : path.join(".")} as ${value} ${problem}`
