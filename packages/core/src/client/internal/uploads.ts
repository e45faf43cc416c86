/** The size and the content type of a streamed payload. */

interface Facts {
  readonly bytes: number | undefined
  readonly contentType: string | undefined
}

const facts = new WeakMap<object, Facts>()

export const describeUpload = (stream: object, known: Facts): void => {
  facts.set(stream, known)
}

export const uploadOf = (stream: object): Facts | undefined => facts.get(stream)
