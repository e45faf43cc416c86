/** Odd values that an option accepts, and why. */
import type { Accepted } from "./walk.ts"

export const duration: Accepted = { values: ["7", "1n"], why: "a number is milliseconds, a bigint nanoseconds" }

/** For an option whose sample is a number: another number is not odd. */
export const durationInNumbers: Accepted = { values: ["1n"], why: "a bigint is nanoseconds" }

export const text: Accepted = { values: ["a text"], why: "any text that is not empty" }

export const anyText: Accepted = { values: ["an empty text", "a text"], why: "any text" }

export const aFunction: Accepted = { values: ["a function"], why: "it is called back" }

export const anyList: Accepted = { values: ["an empty array"], why: "a list may be empty" }

export const allOptional: Accepted = { values: ["an empty record"], why: "each option has a default" }

export const anything: Accepted = {
  values: [
    "NaN",
    "Infinity",
    "-Infinity",
    "-1",
    "7",
    "an empty text",
    "a text",
    "null",
    "an empty record",
    "an empty array",
    "an array of null",
    "a function",
    "true",
    "1n",
    "-1n",
    "a symbol",
    "a date",
    "an invalid date",
    "a value that throws",
    "a value without a text"
  ],
  why: "a value of the program, which is handed on"
}

export const nothing: Accepted = { values: ["null"], why: "null turns it off" }

/** Several of the above at once. */
export const both = (...all: ReadonlyArray<Accepted>): Accepted => ({
  values: all.flatMap(({ values }) => values),
  why: all.map(({ why }) => why).join("; ")
})
