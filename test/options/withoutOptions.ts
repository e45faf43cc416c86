/** The public functions that take no options, by why; all others have a row. */

/** They read what is given to them: an answer, a request, a text of the provider, an error. */
const readers = {
  "policy/Admission": "reject",
  "policy/Cache": "isOutage isStorable keep lookup partitionOf replaced revalidated toResponse update",
  "policy/CacheControl": `
    answers conditionalHeaders currentAgeMillis freshenedHeaders initialAgeMillis
    invalidatedUrls isConditional isFreshenedBy isStorable keptHeaders lifetimeMillis parse
    requestDirectives varyingBy
  `,
  "policy/CallError": "attachInfo describeIssue infoOf is isFrom tagOf",
  "policy/Coalesce": "keyOf",
  "policy/Engine": "run runOn scopeOf",
  "policy/Exchange": `
    arrivedBody asReceived brokenBy bytes directOf discard discarded isUncounted requestId
    send withRequest
  `,
  "policy/Failure": "categoryOfStatus classify retryAfter shouldRetry",
  "policy/RateHeaders": "observe",
  "policy/Redact": "excerpt headers query redactedNames secrets secretsOf url",
  "policy/Retry": "byCategory",
  "policy/Wait": "millis timeOf",
  "auth/AuthError": "of refusal",
  "auth/AuthorizationCode": "challengeOf finish fromText toText",
  "auth/AwsSignature": "classify sign",
  "auth/DeviceAuthorization": "poll",
  "auth/Grant": "failureOf secretOf",
  "auth/HmacSignature": "fromScheme sign",
  "auth/Jwks": "isJwks",
  "auth/JwtKey": "toSecret verifyingOf",
  "auth/MessageSignature": "nameOf sign",
  "auth/OAuth": "idTokenClaims revoke",
  "auth/Secret": "isSecret problemOf",
  "auth/Token": "isToken secretsOf",
  "auth/Tokens": "bearer byType",
  "auth/ToolLogin": "textOf",
  "client/CallError": "attachInfo describeIssue infoOf is isFrom tagOf",
  "client/Endpoint": "definition",
  "client/FormStyle": "isFormStyle",
  "client/Operation": "done failed resume run statusUrl stream",
  "client/Pagination": "nextLink",
  "client/Reply": "attachJournal journalOf",
  "webhook/Attempt": "describeCause describeError isPermanent redact",
  "webhook/Handshake": "after before handshake",
  "webhook/Inbox": "permanent",
  "webhook/InboxHealth": "isHealthy stopped",
  "webhook/SignatureScheme": "covers identitiesOf",
  "webhook/WebhookReceiver": "headersOf readBody tenantOf",
  "testing/Mock": "fail journal ok",
  "providers/GitHubApi": "classify",
  "providers/SlackApi": "categoryOf",
  "providers/SlackAuth": "checked"
}

/** It says what a response says: what makes no sense there is the provider's, and not a mistake in the program. */
const reported = { "client/Operation": "pending" }

/** They take what another constructor made and checked, and nothing else. */
const ofMadeValues = {
  "policy/Cache": "makeRevalidations",
  "policy/Coalesce": "makeFlights",
  "policy/Hedge": "makeTracker",
  "policy/InFlight": "make",
  // What it returns is checked where it is used, as each policy is.
  "policy/Policy": "merge",
  "auth/Credentials": "integrationOf",
  "auth/TokenLease": "makeMemory",
  "auth/TokenStore": "makeMemory",
  "auth/Tokens": "credentials of",
  "client/GraphQL": "Connection"
}

/** It is for a program that is not an Effect: what it throws is a rejection. */
const rejecting = { "node/WebhookListener": "toListener" }

/** They are the checks. */
const checks = {
  "policy/ErrorCodes": "checkRule",
  "policy/InvalidOption": "describe finiteMillis httpToken integer nonEmpty positiveMillis ratio reject",
  "policy/OptionCheck": `
    anyText anything callback dictionary duration effect either flag httpToken integer layer
    list matching nullable number oneOf optional positiveDuration ratio record redacted
    required satisfies schedule schema secret service set stream tagged text
  `,
  "policy/RateHeaders": "check",
  "policy/Wait": "checkUnit",
  "auth/Secret": "checkInput"
}

/** What they take is judged with a Result for each delivery: what is wrong is a value, not a defect. */
const judged = {
  "webhook/WebhookSigner": "sign signDelivery",
  "webhook/WebhookVerifier": "checkSecrets keysNeeded verify"
}

/** The crypto room stands below `InvalidOption`: a limit that makes no sense throws a `RangeError`. */
const belowTheChecks = {
  "crypto/AddressGuard": "check checkResolved isLoopback kindOf publicOnly",
  "crypto/BoundedBody": "make read",
  "crypto/Charset": "charsetOf decodeJson decodeLossy decodeText",
  "crypto/Json": "checkDepth parse parseExact"
}

const namesIn = (groups: ReadonlyArray<Readonly<Record<string, string>>>): ReadonlySet<string> =>
  new Set(
    groups.flatMap((group) =>
      Object.entries(group).flatMap(([module, names]) =>
        names
          .trim()
          .split(/\s+/)
          .map((name) => `${module}.${name}`)
      )
    )
  )

/** These have options that are checked, though not by a throw. */
export const judgedOrRejecting = namesIn([judged, rejecting, belowTheChecks, reported])

export const withoutOptions = namesIn([readers, ofMadeValues, reported, rejecting, checks, judged, belowTheChecks])
