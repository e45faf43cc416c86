/** A value's place in a {@link Chain}. */
export interface Link<Value> {
  readonly value: Value
  before: Link<Value> | undefined
  after: Link<Value> | undefined
}

/** Values in the order in which they were appended; any of them is removed in constant time. */
export class Chain<Value> {
  first: Link<Value> | undefined = undefined
  last: Link<Value> | undefined = undefined

  append(value: Value): Link<Value> {
    const link: Link<Value> = { value, before: this.last, after: undefined }
    if (this.last === undefined) this.first = link
    else this.last.after = link
    this.last = link
    return link
  }

  /** The link must be in this chain. */
  remove(link: Link<Value>): void {
    if (link.before === undefined) this.first = link.after
    else link.before.after = link.after
    if (link.after === undefined) this.last = link.before
    else link.after.before = link.before
  }
}
