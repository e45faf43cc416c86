import { Result } from "effect"
import { _iterSSEMessages as openAiEvents } from "openai/core/streaming"
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
  it("is the last retry field of digits, capped at the maximum of a timer", () => {
    expect(fed("data: a\n\n").retryMillis).toBeUndefined()
    expect(fed("retry: 10\nretry:3000\nretry: 1s\nretry: -1\nretry\n").retryMillis).toBe(3000)
    expect(fed("retry: 99999999999999\n").retryMillis).toBe(2 ** 31 - 1)
  })
})

describe("the events of a model API", () => {
  // The forms of openai-node's tests/streaming.test.ts, with its own decoder as the oracle.
  const transcripts: Readonly<Record<string, string>> = {
    "a basic event": 'event: completion\ndata: {"foo":true}\n\n',
    "data missing an event": 'data: {"foo":true}\n\n',
    "several events": 'event: a\ndata: {"n":1}\n\nevent: b\ndata: {"n":2}\n\n',
    "several data lines": 'event: ping\ndata: {\ndata: "foo":\ndata: true}\n\n',
    "data lines with an empty one": 'event: ping\ndata: {\ndata: "foo":\ndata: \ndata:\ndata: true}\n\n',
    "escaped ends of lines in JSON": 'event: ping\ndata: {"foo": "my long\\n\\ncontent"}\n\n',
    "characters of several bytes": 'event: completion\ndata: {"content": "известни 😀 \u2028 ni"}\n\n',
    CRLF: 'event: a\r\ndata: {"n":1}\r\n\r\ndata: [DONE]\r\n\r\n',
    "comments between events": ': open\n\ndata: {"n":1}\n\n: ping\n\ndata: [DONE]\n\n'
  }

  const oracle = async (body: string) => {
    const events: Array<object> = []
    for await (const { data, event } of openAiEvents(new Response(body), new AbortController())) {
      events.push({ event: event ?? "message", data })
    }
    return events.filter((event) => "data" in event && event.data !== "")
  }

  for (const [name, body] of Object.entries(transcripts)) {
    it(`with ${name} are those that OpenAI's client reads, however they are cut`, async () => {
      const expected = await oracle(body)
      const bytes = new TextEncoder().encode(body)
      for (const size of [1, 2, 3, 5, bytes.length]) {
        const parser = new EventParser(1024)
        const events: Array<object> = []
        for (let at = 0; at < bytes.length; at += size) {
          events.push(...Result.getOrThrow(parser.feed(bytes.slice(at, at + size))))
        }
        expect(events).toEqual(expected)
      }
    })
  }
})
