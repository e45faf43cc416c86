/** The vector of RFC 7636, and oauth4webapi for random verifiers. */
import { AuthorizationCode } from "@causeway/core/auth"
import { describe, expect, it } from "vitest"
import * as oauth from "oauth4webapi"
import pkce from "../vectors/pkce.json" with { type: "json" }

describe("the challenge of a code verifier", () => {
  for (const { challenge, source, verifier } of pkce.vectors) {
    it(`is what ${source} says`, () => expect(AuthorizationCode.challengeOf(verifier)).toBe(challenge))
  }

  it("is what oauth4webapi makes of a hundred random ones", async () => {
    for (let count = 0; count < 100; count += 1) {
      const verifier = oauth.generateRandomCodeVerifier()
      expect(AuthorizationCode.challengeOf(verifier)).toBe(await oauth.calculatePKCECodeChallenge(verifier))
    }
  })
})
