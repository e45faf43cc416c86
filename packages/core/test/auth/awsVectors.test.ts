/** The suite of aws-c-auth: canonical requests, strings to sign and signatures, byte for byte. */
import { assert, describe, it } from "@effect/vitest"
import {
  canonicalHeaders,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  encodedPairs
} from "../../src/auth/internal/aws/canonical.ts"
import { hmac, scopeAt, sha256, stringToSign } from "../../src/auth/internal/aws/scope.ts"
import { SigningKeys } from "../../src/auth/internal/aws/SigningKeys.ts"
import suite from "./vectors/aws-sigv4.json" with { type: "json" }

type Vector = (typeof suite.vectors)[number]

/** A request as the suite writes it: its path is raw, and a header may be there more than once. */
const parsed = (text: string) => {
  const [head = "", body = ""] = text.split("\n\n")
  const [requestLine = "", ...lines] = head.trimEnd().split("\n")
  const [, method = "", target = ""] = /^(\S+) (.*) HTTP\/1\.1$/.exec(requestLine) ?? []
  const [path = "", query = ""] = target.split("?")
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const at = line.indexOf(":")
    const name = line.slice(0, at).toLowerCase()
    const value = line.slice(at + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`
  }
  return { method, path, query, headers, body }
}

const signed = ({ context, request }: Vector) => {
  const { body, headers, method, path, query } = parsed(request)
  const scope = scopeAt(Date.parse(context.timestamp), context.region, context.service)
  const payloadHash = sha256(body)
  const all = {
    ...headers,
    "x-amz-date": scope.time,
    ...(context.sign_body && { "x-amz-content-sha256": payloadHash }),
    ...("token" in context.credentials && { "x-amz-security-token": context.credentials.token ?? "" })
  }
  const canonical = canonicalRequest({
    method,
    path: canonicalPath(path, { normalize: context.normalize, decodeFirst: false }),
    query: canonicalQuery(encodedPairs(new URLSearchParams(query))),
    headers: canonicalHeaders(all),
    payloadHash
  })
  const text = stringToSign(scope, canonical)
  const key = new SigningKeys().of(context.credentials.secret_access_key, scope.day, context.region, context.service)
  return { canonicalRequest: canonical, stringToSign: text, signature: hmac(key, text) }
}

describe("the suite of AWS", () => {
  it("has 35 vectors", () => assert.strictEqual(suite.vectors.length, 35))

  for (const vector of suite.vectors) {
    it(`${vector.id} is signed alike`, () => {
      const { canonicalRequest, signature, stringToSign } = vector
      assert.deepStrictEqual(signed(vector), { canonicalRequest, stringToSign, signature })
    })
  }
})
