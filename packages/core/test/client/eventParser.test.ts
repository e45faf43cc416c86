import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { EventParser } from "../../src/client/internal/eventParser.ts"

const fed = (text: string) => {
  const parser = new EventParser(1024)
  const events = Result.getOrThrow(parser.feed(new TextEncoder().encode(text)))
  return { events, lastEventId: parser.lastEventId, retryMillis: parser.retryMillis }
}

describe("the id of the last event", () => {
  it("counts when its event is complete, and stays until another one is", () => {
    expect(fed("id: 1\ndata: a\n").lastEventId).toBe("")
    expect(fed("id: 1\ndata: a\n\nid: 2\ndata: b").lastEventId).toBe("1")
    expect(fed("id: 1\n\ndata: a\n\n")).toMatchObject({ lastEventId: "1", events: [{ data: "a", id: "1" }] })
  })

  it("is reset by an empty id, and unchanged by one with a zero character", () => {
    expect(fed("id: 1\ndata: a\n\nid\ndata: b\n\n").lastEventId).toBe("")
    expect(fed("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n").lastEventId).toBe("1")
  })
})

describe("the time before a reconnection", () => {
  it("is what the last retry field of digits says, at most what a timer can hold", () => {
    expect(fed("data: a\n\n").retryMillis).toBeUndefined()
    expect(fed("retry: 10\nretry:3000\nretry: 1s\nretry: -1\nretry\n").retryMillis).toBe(3000)
    expect(fed("retry: 99999999999999\n").retryMillis).toBe(2 ** 31 - 1)
  })
})
