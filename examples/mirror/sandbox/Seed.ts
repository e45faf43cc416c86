/**
 * Chance that can be repeated: the same seed gives the same draws in the same order.
 */

/** Draws a number in [0, 1). */
export type Draw = () => number

/** mulberry32: 32 bits of state are plenty for a script of faults. */
export const draws = (seed: number): Draw => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** An integer from `least` to `most`, both included. */
export const between = (draw: Draw, least: number, most: number): number =>
  least + Math.floor(draw() * (most - least + 1))

/** The same items in another order. */
export const shuffled = <A>(draw: Draw, items: ReadonlyArray<A>): Array<A> =>
  items
    .map((item) => ({ item, rank: draw() }))
    .toSorted((left, right) => left.rank - right.rank)
    .map(({ item }) => item)
