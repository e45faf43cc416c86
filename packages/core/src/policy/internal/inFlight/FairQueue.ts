import { Chain, type Link } from "./Chain.ts"

/** Where an item waits, so that it can leave the queue before its turn. */
export interface Place<Item> {
  readonly item: Item
  readonly line: Line<Item>
  readonly lane: Lane<Item>
  link: Link<Place<Item>> | undefined
}

/** Those of one key that wait. */
interface Line<Item> {
  readonly key: string
  /** By priority, the highest first; none is empty. */
  readonly lanes: Array<Lane<Item>>
  length: number
  turn: Link<Line<Item>> | undefined
}

/** Those of one key and priority, in the order in which they came. */
interface Lane<Item> {
  readonly priority: number
  readonly places: Chain<Place<Item>>
}

/**
 * A queue that serves keys in turns: within a key the highest priority first, within a priority in the order of arrival.
 * A key is held only while something of it waits.
 */
export class FairQueue<Item> {
  readonly #lines = new Map<string, Line<Item>>()
  readonly #turns = new Chain<Line<Item>>()
  /** How many lines there are of each length: tells the longest without looking at them. */
  readonly #linesOfLength: Array<number> = []
  #longest = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  get keys(): number {
    return this.#lines.size
  }

  add(key: string, priority: number, item: Item): Place<Item> {
    const line = this.#lines.get(key) ?? this.#open(key)
    const lane = laneOf(line, priority)
    const place: Place<Item> = { item, line, lane, link: undefined }
    place.link = lane.places.append(place)
    this.#resize(line, 1)
    return place
  }

  /** The next item; its key goes to the end of the turns. */
  take(): Item | undefined {
    const line = this.#turns.first?.value
    const place = line?.lanes[0]?.places.first?.value
    if (line === undefined || place === undefined) return undefined
    this.#endTurn(line)
    this.remove(place)
    return place.item
  }

  /** Removes an item before its turn; false when it waits no longer. */
  remove(place: Place<Item>): boolean {
    const { lane, line, link } = place
    if (link === undefined) return false
    place.link = undefined
    lane.places.remove(link)
    if (lane.places.first === undefined) line.lanes.splice(line.lanes.indexOf(lane), 1)
    this.#resize(line, -1)
    if (line.length === 0) this.#close(line)
    return true
  }

  /** Is there an item whose place a newcomer may take? */
  mayDisplace(key: string, priority: number): boolean {
    return this.#displaceable(key, priority) !== undefined
  }

  /** Removes the item whose place a newcomer may take. */
  displace(key: string, priority: number): Item | undefined {
    const place = this.#displaceable(key, priority)
    if (place !== undefined) this.remove(place)
    return place?.item
  }

  /** The last of the longest line, when the newcomer's stays shorter; or the last of its own, of a lower priority. */
  #displaceable(key: string, priority: number): Place<Item> | undefined {
    const own = this.#lines.get(key)
    if ((own?.length ?? 0) + 1 < this.#longest) return this.#longestLine()?.lanes.at(-1)?.places.last?.value
    const lane = own?.lanes.at(-1)
    return lane !== undefined && lane.priority < priority ? lane.places.last?.value : undefined
  }

  #longestLine(): Line<Item> | undefined {
    for (const line of this.#lines.values()) if (line.length === this.#longest) return line
    return undefined
  }

  #open(key: string): Line<Item> {
    const line: Line<Item> = { key, lanes: [], length: 0, turn: undefined }
    line.turn = this.#turns.append(line)
    this.#lines.set(key, line)
    return line
  }

  #close(line: Line<Item>): void {
    this.#lines.delete(line.key)
    if (line.turn !== undefined) this.#turns.remove(line.turn)
  }

  #endTurn(line: Line<Item>): void {
    if (line.turn !== undefined) this.#turns.remove(line.turn)
    line.turn = this.#turns.append(line)
  }

  /** By one up or down, so that the longest length changes by one at most. */
  #resize(line: Line<Item>, by: 1 | -1): void {
    this.#countLines(line.length, -1)
    line.length += by
    this.#length += by
    this.#countLines(line.length, 1)
    if (line.length > this.#longest) this.#longest = line.length
    else if (this.#longest > 0 && this.#linesOfLength[this.#longest] === 0) this.#longest -= 1
  }

  #countLines(length: number, by: 1 | -1): void {
    if (length > 0) this.#linesOfLength[length] = (this.#linesOfLength[length] ?? 0) + by
  }
}

const laneOf = <Item>(line: Line<Item>, priority: number): Lane<Item> => {
  const index = line.lanes.findIndex((lane) => lane.priority <= priority)
  const found = line.lanes[index]
  if (found?.priority === priority) return found
  const lane: Lane<Item> = { priority, places: new Chain() }
  line.lanes.splice(index === -1 ? line.lanes.length : index, 0, lane)
  return lane
}
