import { type AlgorithmName, isAlgorithm } from "./algorithms.ts"
import { decodeBase64Url, decodeObject, type JsonObject } from "./decoding.ts"
import { refuse, shown } from "./refusal.ts"

/** What of a header is looked at. Keys that it carries, and places that it names, are not. */
export interface Header {
  readonly alg: AlgorithmName
  readonly kid: string | undefined
  /** In lower case, without `application/`. */
  readonly typ: string | undefined
}

/** A token as it was sent: nothing of it is believed before its signature was accepted. */
export interface Token {
  readonly header: Header
  readonly encodedHeader: string
  readonly signed: string
  readonly signature: Buffer
}

/** Takes a token apart. `known` are headers that were read before. */
export const read = (text: string, known: ReadonlyMap<string, Header>): Token => {
  const first = text.indexOf(".")
  const second = text.indexOf(".", first + 1)
  if (first < 1 || second <= first + 1 || text.includes(".", second + 1)) {
    return refuse("form", "it is no JSON Web Token in its compact form: three parts with dots between")
  }
  const encodedHeader = text.slice(0, first)
  return {
    header: known.get(encodedHeader) ?? readHeader(encodedHeader),
    encodedHeader,
    signed: text.slice(0, second),
    signature: readSignature(text.slice(second + 1))
  }
}

const readSignature = (encoded: string): Buffer =>
  (encoded === "" ? undefined : decodeBase64Url(encoded)) ??
  refuse("form", encoded === "" ? "it has no signature" : "its signature is not in base64url")

const readHeader = (encoded: string): Header => {
  const header = readObject(encoded, "header")
  const { alg, kid, typ } = header
  // A critical extension is one that must be understood, and none is understood here.
  if ("crit" in header)
    refuse("critical", `its header demands the extensions ${shown(header["crit"])}, and none is known`)
  if (!isAlgorithm(alg)) return refuse("algorithm", `its algorithm is ${shown(alg)}, which is none that is known`)
  return {
    alg,
    kid: optionalText("kid", kid),
    typ: optionalText("typ", typ)
      ?.toLowerCase()
      .replace(/^application\//, "")
  }
}

const optionalText = (name: string, value: unknown): string | undefined =>
  value === undefined || typeof value === "string" ? value : refuse("header", `its ${name} is no text`)

/** All of a header, for who must look at what stands there. */
export const readWholeHeader = ({ encodedHeader }: Token): JsonObject => readObject(encodedHeader, "header")

/** The claims of a token whose signature was accepted. */
export const readPayload = ({ encodedHeader, signed }: Token): JsonObject =>
  readObject(signed.slice(encodedHeader.length + 1), "payload")

const readObject = (encoded: string, part: "header" | "payload"): JsonObject => {
  const bytes = decodeBase64Url(encoded)
  const object = bytes === undefined ? "malformed" : decodeObject(bytes)
  if (object === "malformed") return refuse("form", `its ${part} is no JSON object in base64url`)
  return object === "duplicate" ? refuse("form", `its ${part} has two members of the same name`) : object
}
