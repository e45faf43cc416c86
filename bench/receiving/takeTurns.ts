/** A receiver that is ready, and what its rounds measured. */
export interface Prepared<Sample> {
  readonly name: string
  readonly samples: Array<Sample>
  readonly round: () => Promise<Sample>
  readonly stop: () => Promise<unknown>
}

interface Options {
  /** Rounds that are not counted. */
  readonly warmUp: number
  readonly rounds: number
}

/** Lets all warm up, then each have a round in turn, another first each time, and stops them. */
export const takeTurns = async <Sample>(
  preparing: ReadonlyArray<Promise<Prepared<Sample>>>,
  { rounds, warmUp }: Options
): Promise<ReadonlyArray<Prepared<Sample>>> => {
  const prepared = await Promise.all(preparing)
  for (let index = 0; index < warmUp; index += 1) for (const { round } of prepared) await round()
  for (let index = 0; index < rounds; index += 1) {
    const first = index % prepared.length
    for (const { round, samples } of [...prepared.slice(first), ...prepared.slice(0, first)])
      samples.push(await round())
  }
  for (const { stop } of prepared) await stop()
  return prepared
}
