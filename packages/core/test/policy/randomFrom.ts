/** Numbers from 0 up to, and without, `below`: the same in each run, other ones for each seed. */
export const randomFrom = (seed: number) => {
  let state = seed
  return (below: number): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

export type Random = ReturnType<typeof randomFrom>
