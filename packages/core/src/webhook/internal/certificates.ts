import { type KeyObject, X509Certificate } from "node:crypto"

/** A certificate, and the times between which it and all above it hold. */
export interface Certificate {
  readonly publicKey: KeyObject
  readonly notBefore: number
  readonly notAfter: number
}

const maxChain = 8
const maxKnown = 64

const known = new Map<string, Certificate | undefined>()

/** The first certificate of a PEM file, or `undefined` when it is none, or not issued by those that follow it. */
export const read = (pem: string): Certificate | undefined => {
  if (!known.has(pem)) remember(pem)
  return known.get(pem)
}

const remember = (pem: string): void => {
  const oldest = known.keys().next().value
  if (known.size >= maxKnown && oldest !== undefined) known.delete(oldest)
  known.set(pem, parse(pem))
}

const begin = "-----BEGIN CERTIFICATE-----"
const end = "-----END CERTIFICATE-----"

const parse = (pem: string): Certificate | undefined => {
  const blocks = pem
    .split(begin)
    .slice(1)
    .map((block) => `${begin}${block.split(end, 1)[0]}${end}`)
  if (blocks.length === 0 || blocks.length > maxChain) return undefined
  try {
    const chain = blocks.map((block) => new X509Certificate(block))
    return isChain(chain) ? describe(chain) : undefined
  } catch {
    return undefined
  }
}

const isChain = (chain: ReadonlyArray<X509Certificate>): boolean =>
  chain.slice(1).every((issuer, index) => {
    const issued = chain[index]
    return issued !== undefined && issuer.ca && issued.checkIssued(issuer) && issued.verify(issuer.publicKey)
  })

const describe = (chain: ReadonlyArray<X509Certificate>): Certificate | undefined =>
  chain[0] && {
    publicKey: chain[0].publicKey,
    notBefore: Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom))),
    notAfter: Math.min(...chain.map(({ validTo }) => Date.parse(validTo)))
  }

export const isValidAt = ({ notAfter, notBefore }: Certificate, now: number): boolean =>
  now >= notBefore && now <= notAfter
