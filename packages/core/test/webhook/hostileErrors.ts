/** Errors that throw, never end or lie when they are looked at. */

const refuse = (): never => {
  throw new Error("planted: it does not want to be looked at")
}

const withGetter = (name: string): Error => Object.defineProperty(new Error("hidden"), name, { get: refuse })

const circular = (): Error => {
  const error = new Error("circular")
  error.cause = error
  return error
}

const refusingProxy = (): object =>
  new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse })

const revokedProxy = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

export const hostileErrors: Readonly<Record<string, () => unknown>> = {
  "whose message is a getter that throws": () => withGetter("message"),
  "whose name is a getter that throws": () => withGetter("name"),
  "whose stack is a getter that throws": () => withGetter("stack"),
  "whose cause is a getter that throws": () => withGetter("cause"),
  "whose _tag is a getter that throws": () => withGetter("_tag"),
  "whose retryAfter is a getter that throws": () => withGetter("retryAfter"),
  "whose reason is a getter that throws": () => withGetter("reason"),
  "that can't be turned into text": () => ({ toString: refuse, toJSON: refuse, [Symbol.toPrimitive]: refuse }),
  "that is its own cause": circular,
  "that is a Proxy which refuses everything": refusingProxy,
  "that is a revoked Proxy": revokedProxy,
  "whose message and name are no texts": () => Object.assign(new Error(), { message: { toString: refuse }, name: 7 }),
  "whose tag is a megabyte": () => ({ _tag: "x".repeat(1_000_000), message: "y".repeat(1_000_000) }),
  "without a prototype": () => Object.create(null),
  "that is a symbol": () => Symbol("planted"),
  "that is undefined": () => undefined
}
