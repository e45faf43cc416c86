/** The part of opossum, which has no types of its own, that is measured here. */
declare module "opossum" {
  class CircuitBreaker<A> {
    constructor(
      action: () => Promise<A>,
      options: { readonly timeout: number; readonly errorThresholdPercentage: number; readonly resetTimeout: number }
    )
    fire(): Promise<A>
    open(): void
    shutdown(): void
  }
  export = CircuitBreaker
}
