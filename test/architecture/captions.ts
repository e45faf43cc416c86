/**
 * What each room is for, and what each of its files is: the table of contents of the packages. A file without a caption
 * fails the architecture test, and so does a caption without a file.
 */

export interface Room {
  /** From the packages folder on, with a slash at the end. */
  readonly folder: string
  readonly about: string
  readonly files: Readonly<Record<string, string>>
}

export type Captions = Readonly<Record<string, Room>>

export const captions: Captions = {
  core: {
    folder: "core/src/",
    about: "Typed integrations: policies, credentials, clients and webhooks.",
    files: { "index.ts": "All rooms in one import, without the one for tests." }
  },
  "core/crypto": {
    folder: "core/src/crypto/",
    about: "The ground floor: reads untrusted bytes within limits, and imports no other room.",
    files: {
      "index.ts": "The modules of the room.",
      "AddressGuard.ts": "Refuses URLs and addresses of this machine and of private networks.",
      "BoundedBody.ts": "Collects the bytes of a body into one growing buffer, up to a limit.",
      "Charset.ts": "Decodes the bytes of text and of JSON, strictly.",
      "Json.ts": "Parses JSON from outside, within limits.",
      "internal/exactNumbers.ts": "Keeps the digits of numbers that a JavaScript number cannot hold.",
      "internal/ipAddress.ts": "Parses IP addresses in every form.",
      "internal/jsonFault.ts": "Finds the first invalid character of a JSON text.",
      "internal/specialAddresses.ts": "The address ranges and host names that no public server has."
    }
  },
  "core/policy": {
    folder: "core/src/policy/",
    about: "How a call is made: strategies as data, and the one engine that runs them.",
    files: {
      "index.ts": "The modules of the room.",
      "Admission.ts": "Strategies before each attempt: the extension point for custom ones.",
      "internal/callOptions.ts": "The options of one call.",
      "internal/policyCheck.ts": "What an option accepts that is a policy.",
      "internal/compileMade.ts": "Slots that take what a constructor made.",
      "internal/cache/optionChecks.ts": "What the options of a cache and of its client accept.",
      "internal/rateHeaders/dialect.ts": "What a dialect of rate headers accepts.",
      "internal/made.ts": "Whether a value is what a constructor or a service made.",
      "internal/descriptions.ts": "Each slot of a policy in words.",
      "internal/order.ts": "The one ordered table of a policy's slots.",
      "internal/policyRecord.ts": "The record of a policy: one optional slot for each strategy.",
      "internal/engine/Attempt.ts": "One attempt while it runs, and its time.",
      "internal/engine/Execution.ts": "One call while it runs: the interpreter of a compiled policy.",
      "internal/engine/HttpCall.ts": "A call over HTTP: authorize, send, classify, read.",
      "internal/engine/RuntimeContext.ts": "The values that a call reads from its fibre's context.",
      "internal/engine/attemptFailure.ts": "A failed attempt, and the errors of policies.",
      "internal/engine/breakerAdmission.ts": "The circuit breaker before an attempt.",
      "internal/engine/cacheStep.ts": "The cache around the retries of a call.",
      "internal/engine/coalesceStep.ts": "Coalescing around the retries of a call.",
      "internal/engine/inFlightAdmission.ts": "Bulkhead and concurrency limit before an attempt.",
      "internal/engine/permits.ts": "Decisions and permits, handled synchronously where they answer at once.",
      "internal/engine/rateLimitAdmission.ts": "The rate limit before an attempt.",
      "internal/engine/retryBudgetAdmission.ts": "The retry budget before an attempt.",
      "internal/engine/failedAttempts.ts": "Discards the bodies of failed attempts.",
      "internal/engine/state.ts": "The state of an integration's strategies.",
      "internal/engine/throttleAdmission.ts": "Adaptive throttling before an attempt.",
      "Breaker.ts": "The circuit breaker: stops calling a provider that fails and probes from time to time.",
      "BreakerStore.ts": "Where circuit breakers keep their state.",
      "BreakerStoreRedis.ts": "Circuits in Redis, shared by processes.",
      "Bulkhead.ts": "The bulkhead: so many in flight, the others refused or waiting in a fair queue.",
      "Cache.ts": "The cache: what may be answered again, and what must be asked for anew.",
      "CacheControl.ts": "The rules of HTTP caching for a private cache, as pure functions.",
      "CacheStore.ts": "Where caches keep their answers.",
      "CacheStoreRedis.ts": "Cached answers in Redis, shared by processes.",
      "CallError.ts": "The errors of a call: a closed union, one tag a cause.",
      "CallObserver.ts": "What happens in the calls of a process, as it happens.",
      "Coalesce.ts": "Coalescing: identical calls in flight share one.",
      "Concurrency.ts": "Adaptive concurrency: a limit of what is in flight that finds itself.",
      "Engine.ts": "Compiles a policy once per endpoint and interprets it attempt by attempt.",
      "Exchange.ts": "One request over an HttpClient and its response, the unread body included.",
      "Failure.ts": "The one classification of what came back.",
      "ErrorCodes.ts": "Rules that classify an answer by a code in its body or headers.",
      "internal/errorCodes/textsAt.ts": "Finds texts in a decoded body by their places.",
      "Hedge.ts": "Hedging: a second attempt beside a slow one, and when it begins.",
      "InFlight.ts": "What is in flight, and who waits, fairly.",
      "InvalidOption.ts": "The error of an option that makes no sense.",
      "OptionCheck.ts": "Checks of options, as data: a shape says what each option of a record accepts.",
      "Policy.ts": "A policy as a record of slots in a fixed order, and how one record overrides another.",
      "RateHeaders.ts": "What providers say of their limits in headers: each dialect a record.",
      "RateLimit.ts": "The rate limit: at most so many calls in any window, waited for in a bounded queue.",
      "RateLimitStore.ts": "Where rate limits keep their state.",
      "RateLimitStoreRedis.ts": "Rate limits in Redis, shared by processes.",
      "Redact.ts": "Removes secrets from text that came from elsewhere.",
      "Retry.ts": "The retry: a Schedule decides when, the category decides whether.",
      "RetryBudget.ts": "The retry budget: so many retries for so many successes.",
      "RetryBudgetStore.ts": "Where retry budgets keep their state.",
      "RetryBudgetStoreRedis.ts": "Retry budgets in Redis, shared by processes.",
      "Throttle.ts": "Adaptive throttling: refuses by itself what the provider would refuse.",
      "Wait.ts": "Parses the wait that a provider states.",
      "internal/wait/dateTime.ts": "Reads dates and times of HTTP and RFC 3339.",
      "internal/wait/duration.ts": "Reads durations with units.",
      "internal/wait/headers.ts": "Lists the headers that state a wait.",
      "internal/wait/number.ts": "Reads numbers and lists in headers.",
      "internal/AtOnce.ts": "Goes on without a fibre where an effect has ended already.",
      "internal/BoundedKeys.ts": "A map that drops its least recently used keys.",
      "internal/nearest.ts": "Finds the nearest name to a misspelled one.",
      "internal/slotNames.ts": "Rejects unknown slot names in a policy.",
      "internal/transportCodes.ts": "Classifies failed requests by the codes of the system, TLS and undici.",
      "internal/shortMac.ts": "The HMAC of what is short, in half the time.",
      "internal/cipher.ts": "Seals and opens texts and bytes with a key, for what they belong to.",
      "internal/cipherKeys.ts": "Reads the keys that seal and open.",
      "internal/Rest.ts": "When a store that did not answer is asked again.",
      "internal/breaker/AnyOf.ts": "Several strategies side by side.",
      "internal/breaker/Circuit.ts": "One circuit in memory: its phase, its counts, and how they change.",
      "internal/breaker/Custom.ts": "Counts under a custom trip rule.",
      "internal/breaker/CustomTallies.ts": "Counts under custom trip rules for circuits in Redis, in each process.",
      "internal/breaker/InARow.ts": "Counts the failures since the last success.",
      "internal/breaker/Rate.ts": "Trips by the share of bad attempts in a window.",
      "internal/breaker/StoreAccess.ts": "Asks a store that may be away, in time and seldom.",
      "internal/breaker/Tally.ts": "What a closed circuit has counted.",
      "internal/breaker/model.ts": "What a breaker says: phases, transitions, admissions, snapshots.",
      "internal/breaker/openMillis.ts": "How long each opening in a row lasts.",
      "internal/breaker/redisCircuits.ts": "The store over Redis: asks the scripts and reads their answers.",
      "internal/breaker/redisScripts.ts": "The scripts that decide in Redis.",
      "internal/breaker/sameTrips.ts": "Whether two breakers count the same.",
      "internal/breaker/singleTally.ts": "The tally of one strategy.",
      "Deadline.ts": "The longest that a whole call takes.",
      "Fallback.ts": "Another call when one fails.",
      "PolicyClient.ts": "A policy around any HttpClient.",
      "Telemetry.ts": "Metrics of every call.",
      "internal/compiledPolicy.ts": "A policy whose slots are validated.",
      "internal/engine/Alarms.ts": "What is to be done at a time, for many at once with one timer.",
      "internal/engine/OperationsLog.ts":
        "Log lines at the default level for circuits that change and limits that are reached.",
      "internal/engine/hedging.ts": "A second attempt beside a slow first one.",
      "internal/engine/model.ts": "What an engine runs: calls, attempts, and how they fail.",
      "internal/engine/sending.ts": "Tracks how long a request body takes to send.",
      "internal/engine/timeLimit.ts": "Ends an attempt that takes too long.",
      "internal/LatencyHistogram.ts": "How long the latest things took, in fixed memory.",
      "internal/identity.ts": "The parts of a request that identify the caller, are secret, or change its answer.",
      "internal/redactedNames.ts": "The names of secrets that Effect's references hold.",
      "internal/cache/FlightsInMemory.ts": "Calls in flight by key, owned by none of their waiters.",
      "internal/cache/Guard.ts": "Answers in the place of a store that fails or hangs.",
      "internal/cache/KeyValueEntries.ts": "Cached answers as the values of a key-value store.",
      "internal/cache/LeastRecentlyUsed.ts": "Cached answers in memory, bounded by bytes and entries.",
      "internal/cache/Revalidations.ts": "Refreshes in the background, one at a time for each key.",
      "internal/cache/bufferedResponse.ts": "Reads a body up to a bound, and makes responses that can be read again.",
      "internal/cache/cachingClient.ts": "An HttpClient that asks the cache first.",
      "internal/cache/coalescingClient.ts": "An HttpClient whose identical requests share one.",
      "internal/cache/decision.ts": "What is asked of a cache, and what it decides.",
      "internal/cache/directives.ts": "Reads the list of a Cache-Control.",
      "internal/cache/entry.ts": "A stored answer.",
      "internal/cache/entryText.ts": "A stored answer as text.",
      "internal/cache/judgement.ts": "Whether a stored answer may be given, and how it is asked about.",
      "internal/cache/outage.ts": "Decides which failures allow a stale answer.",
      "internal/cache/partition.ts": "Identifies the caller, for caches and coalescing.",
      "internal/cache/redisScripts.ts": "The scripts of the cache in Redis.",
      "internal/cache/selection.ts": "Selects the stored variant for a request.",
      "internal/cache/sha256.ts": "A digest that need not be waited for.",
      "internal/cache/variants.ts": "The variants of one key.",
      "internal/inFlight/AimdLimit.ts": "A limit that goes by failures.",
      "internal/inFlight/Chain.ts": "A linked list whose values leave in constant time.",
      "internal/inFlight/FairQueue.ts": "A queue that serves its keys in turns, by priority within each.",
      "internal/inFlight/GradientLimit.ts": "A limit that goes by latency.",
      "internal/inFlight/Limit.ts": "How many may be in flight, learning from how they end.",
      "internal/rateHeaders/structuredFields.ts": "Reads the structured fields of the IETF's rate limit headers.",
      "internal/rateHeaders/values.ts": "Reads the numbers, times and durations of rate limit headers.",
      "internal/rateLimit/Held.ts": "What a provider has said of one key: it can only hold back.",
      "internal/rateLimit/Line.ts": "Those that wait for one key, by priority and arrival.",
      "internal/rateLimit/Memory.ts": "Rate limits in memory: windows, what providers said, and lines, by key.",
      "internal/rateLimit/RedisDesk.ts": "Rate limits in Redis: asks the script, with the lines in the process.",
      "internal/rateLimit/Window.ts": "What a key has used of its limits.",
      "internal/rateLimit/fixedWindow.ts": "Windows that follow one another.",
      "internal/rateLimit/gcra.ts": "Tokens that come evenly.",
      "internal/rateLimit/model.ts": "What is asked of a rate limit, and what it answers.",
      "internal/rateLimit/redisScript.ts": "The script that decides in Redis.",
      "internal/rateLimit/redisStore.ts": "The service over Redis.",
      "internal/rateLimit/slidingWindow.ts": "A window that holds no more than its limit wherever it begins.",
      "internal/rateLimit/windows.ts": "Makes the window of a limit, and of several at once."
    }
  },
  "core/auth": {
    folder: "core/src/auth/",
    about: "Who we are: credentials as Layers.",
    files: {
      "index.ts": "The modules of the room.",
      "internal/optionChecks.ts": "What the options of credentials, tokens and keys accept.",
      "internal/serverChecks.ts": "What the options of OAuth clients and servers accept.",
      "internal/signatureChecks.ts": "What the options of signatures accept.",
      "internal/target.ts": "The target of a request that a credential reads.",
      "Auth.ts": "API key, Basic, bearer, or none.",
      "AuthError.ts": "What went wrong between us and whoever grants access.",
      "AuthorizationCode.ts": "The code flow: how a login begins, and how it is finished.",
      "AwsSignature.ts": "AWS Signature Version 4, in headers and in URLs.",
      "ClientAuthentication.ts": "How a client proves to an authorization server which one it is.",
      "BearerAuth.ts": "Lets in who brings a bearer token that holds, and tells handlers what it says.",
      "Credentials.ts": "The service, one per integration, that authorizes each attempt.",
      "DeviceAuthorization.ts": "A code that is entered on another device, and the wait for it.",
      "DigestAuth.ts": "Digest access authentication: the challenge of a server, answered with a password.",
      "Grant.ts": "How tokens are got: at first, and from the one before.",
      "HmacSignature.ts": "Requests signed with an HMAC over a template, in the words of webhooks.",
      "MessageSignature.ts": "HTTP Message Signatures, of requests that go and of messages that come.",
      "DpopProof.ts": "Proofs that whoever sends a token has the key it is bound to.",
      "IdToken.ts": "What a login says of who has logged in, and whether it is the answer to ours.",
      "Jwks.ts": "The public keys of an issuer, fetched and kept.",
      "Jwt.ts": "JSON Web Tokens: signed for whoever asks for them.",
      "JwtKey.ts": "A key for JSON Web Tokens, checked for its algorithm.",
      "OAuth.ts": "The grants that need no person, what renews the others, and what is asked about a token.",
      "OAuthClient.ts": "A client of an authorization server, and the policy under which it asks.",
      "OAuthDiscovery.ts": "Finds a server by its name, and keeps its description.",
      "OAuthQuirks.ts": "Where servers are not what the specifications say.",
      "OAuthServer.ts": "An authorization server: its name and its endpoints.",
      "Dpop.ts": "Tokens that are bound to a key, and the proofs that go with them.",
      "JwtVerifier.ts": "Verifies JSON Web Tokens.",
      "Seal.ts": "Seals what is stored, for what it belongs to.",
      "Secret.ts": "A secret by its name, and what it must look like.",
      "SecretSource.ts": "Where secrets are looked up, and how a rotation is heard of.",
      "SecretSourceFiles.ts": "Secrets from files, as Docker and Kubernetes mount them.",
      "Token.ts": "A token as a grant gives it.",
      "TokenLease.ts": "Who renews: one at a time, by a lease that ends by itself.",
      "TokenLeaseRedis.ts": "Leases in Redis.",
      "TokenLeaseSql.ts": "Leases in a database.",
      "TokenStore.ts": "Where tokens are kept, one for each integration and tenant.",
      "TokenStoreKeyValue.ts": "Sealed tokens in a key-value store.",
      "TokenStoreSql.ts": "Sealed tokens in a database.",
      "internal/aws/Clockwork.ts": "Our clock, set right by what the service says.",
      "internal/aws/Signer.ts": "Signs each attempt, and minds what its refusal says of the time.",
      "internal/aws/SigningKeys.ts": "The keys of a day, each made once.",
      "internal/aws/canonical.ts": "The canonical form of a request.",
      "internal/aws/chunks.ts": "Bodies in chunks that are signed, or end in a checksum.",
      "internal/aws/scope.ts": "When and for what a signature is made, and what is signed.",
      "internal/aws/signing.ts": "Signs a request in its headers or its URL.",
      "internal/digest/Answerer.ts": "Answers the challenge of a server, and keeps to its nonce.",
      "internal/digest/Session.ts": "A nonce of the server's, and how often it was used.",
      "internal/digest/answer.ts": "Which challenge is answered, and how.",
      "internal/digest/challenges.ts": "Reads the challenges of a WWW-Authenticate.",
      "ToolLogin.ts": "Logins for programs of the command line: in a browser of this machine, or with a code.",
      "internal/login/Listener.ts": "Takes the one answer that a login waits for.",
      "WebLogin.ts": "The code flow in a web application: the route that begins a login, and the one that ends it.",
      "internal/login/destinations.ts": "Where a person may be sent after a login.",
      "internal/login/pending.ts": "A login that has begun, sealed in a cookie.",
      "internal/hmac/macKey.ts": "Makes the key of an HMAC from a secret.",
      "internal/hmac/signing.ts": "Puts an HMAC on a request.",
      "internal/hmac/template.ts": "Fills the template of what is signed from a request.",
      "internal/message/algorithms.ts": "The algorithms of RFC 9421, and the keys that fit them.",
      "internal/message/components.ts": "What of a message can be covered, and the bytes that stand for it.",
      "internal/message/contentDigest.ts": "The hash of a body in a header.",
      "internal/message/signing.ts": "Puts a signature on a request.",
      "internal/message/structuredFields.ts": "Reads and writes structured fields.",
      "internal/message/verifying.ts": "Judges the signatures of a message.",
      "internal/jwt/KeySet.ts": "The public keys of an issuer.",
      "internal/jwt/KeySource.ts": "Where the keys are that may verify a token.",
      "internal/jwt/LocalKeys.ts": "A key set that stays.",
      "internal/jwt/RemoteKeys.ts": "A key set that is fetched, kept, and fetched anew.",
      "internal/jwt/Verification.ts": "Judges tokens, and knows those that were verified.",
      "internal/jwt/VerifiedTokens.ts": "Verified tokens by their digest.",
      "internal/jwt/admission.ts": "Whether a request with a token is let in, and what it is told if not.",
      "internal/jwt/algorithms.ts": "What each algorithm needs of a key, and how it signs and verifies.",
      "internal/jwt/claims.ts": "Holds what a token says against what it must say.",
      "internal/jwt/compact.ts": "Writes a token in its compact form.",
      "internal/jwt/decoding.ts": "Reads base64url and JSON, each in one form only.",
      "internal/jwt/dpop.ts": "Judges a proof.",
      "internal/jwt/ecdsa.ts": "The two forms of an ECDSA signature.",
      "internal/jwt/fetchKeys.ts": "Fetches a key set through the engine.",
      "internal/jwt/idClaims.ts": "What an ID token must say.",
      "internal/jwt/jwk.ts": "A JSON Web Key, and its thumbprint.",
      "internal/jwt/SeenProofs.ts": "The proofs that were accepted, so that none is used again.",
      "internal/jwt/possession.ts": "Proves that who brings a token has what it is bound to.",
      "internal/jwt/keyMaterial.ts": "Reads keys in all their forms, and says what is wrong with one.",
      "internal/jwt/pastedKey.ts": "Finds the key in a text as people paste it.",
      "internal/jwt/keys.ts": "Keys that fit their algorithm.",
      "internal/oauth/AssertionKeys.ts": "The keys of assertions, imported once.",
      "internal/oauth/Authenticator.ts": "Proves which client asks, by each method.",
      "internal/oauth/Desk.ts": "Where the endpoints of a server are asked, under one policy.",
      "internal/oauth/IdTokens.ts": "Judges ID tokens.",
      "internal/oauth/Kept.ts": "What is asked for once for all who want it, and kept.",
      "internal/oauth/DpopProver.ts": "Makes proofs with the nonces that servers want.",
      "internal/oauth/PublicKeys.ts": "The public keys of servers.",
      "internal/oauth/UsedStates.ts": "The logins that were finished.",
      "internal/oauth/answer.ts": "An answer of an endpoint: a success, a refusal, or none.",
      "internal/oauth/asking.ts": "Asks the token endpoint.",
      "internal/oauth/callback.ts": "Whether what a browser came back with is an answer.",
      "internal/oauth/claims.ts": "What an ID token says.",
      "internal/oauth/endpointUrl.ts": "What a URL that is asked for secrets must be.",
      "internal/oauth/insides.ts": "What the grants ask with.",
      "internal/oauth/introspection.ts": "Reads what a server says of a token.",
      "internal/oauth/metadata.ts": "Reads the description of a server.",
      "internal/oauth/parameters.ts": "The parameters that most questions for a token have.",
      "internal/oauth/refusalIn.ts": "Finds a refusal in a body, wherever its server writes it.",
      "internal/oauth/skew.ts": "How far our clock is off by the server's.",
      "internal/oauth/tokenFields.ts": "Reads a token in an answer.",
      "internal/oauth/unreached.ts": "Why a request got no response.",
      "internal/jwt/refusal.ts": "How a refusal ends a judgement: thrown inside, a Result outside.",
      "internal/jwt/token.ts": "Takes a token apart, and believes nothing of it.",
      "internal/jwt/verifierOptions.ts": "The options that verifiers share.",
      "internal/signing/SecretSigner.ts": "Signs each attempt with the secret as it is now.",
      "internal/signing/Supply.ts": "Reads credentials of several parts.",
      "internal/signing/outgoing.ts": "A request as it is sent: its URL and the bytes of its body.",
      "internal/signing/unusable.ts": "Says why there are no credentials for a request.",
      "internal/secret/Reading.ts": "A secret while the Layer that uses it lives: read, followed, and looked up again.",
      "internal/secret/Rotation.ts": "Which version of a secret is used.",
      "internal/secret/form.ts": "What is wrong with a secret, in words that do not show it.",
      "internal/secret/versions.ts": "The current and the previous version, and why there is none.",
      "Tokens.ts": "Keeps a token at hand: got, stored, and renewed by one at a time.",
      "internal/tokens/Holder.ts": "Holds a token, and lets all who need the next one share its renewal.",
      "internal/tokens/Renewer.ts": "Gets the next token and stores it, one process at a time.",
      "internal/tokens/owner.ts": "Whose token it is.",
      "internal/tokens/redisLeases.ts": "The scripts of the leases in Redis.",
      "internal/tokens/row.ts": "A token as a store writes it down.",
      "internal/tokens/sqlLeases.ts": "The statements of the leases in a database.",
      "internal/tokens/tables.ts": "The tables of tokens and leases, and their migration.",
      "internal/tokens/telling.ts": "Tells that a person must come back.",
      "internal/tokens/textOf.ts": "A token as a header carries it.",
      "internal/tokens/validity.ts": "From when on a token is renewed, and until when it serves."
    }
  },
  "core/client": {
    folder: "core/src/client/",
    about: "What a provider offers, as one typed service.",
    files: {
      "index.ts": "The modules of the room.",
      "internal/optionChecks.ts": "What the options of endpoints, integrations, operations and transfers accept.",
      "internal/paginationChecks.ts": "What the options of the styles of pagination accept.",
      "internal/ruleChecks.ts": "What a failure rule accepts.",
      "internal/callErrors.ts": "The general errors of a call.",
      "internal/sharing.ts": "How the answer of a call is shared and kept.",
      "internal/declaredErrors.ts": "The declared errors of an endpoint.",
      "internal/description.ts": "An integration as it was defined.",
      "internal/methods.ts": "The methods of an integration, compiled once for all tenants.",
      "internal/overriding.ts": "Overrides of policies, fixed or live.",
      "internal/CompiledEndpoint.ts": "An endpoint compiled to its method.",
      "internal/codec.ts": "How an endpoint is written and read, the same for all tenants.",
      "internal/integrationChecks.ts": "Rejects unknown options, slots and names.",
      "internal/failureRules.ts": "Matches failure rules against a body.",
      "internal/streamLimits.ts": "Limits the time of a streamed answer.",
      "Download.ts": "Downloads that resume, and compare checksums.",
      "Upload.ts": "Uploads whose size is known, with their progress.",
      "Endpoint.ts": "An endpoint: an HttpApiEndpoint that remembers its policy in its type.",
      "FormStyle.ts": "How nested data is written in a form or a query.",
      "Integration.ts": "A provider's endpoints, policy and Layers as one class.",
      "FailureRule.ts": "Decoded bodies that are failures, as data.",
      "GraphQL.ts": "Endpoints from constant GraphQL documents, with errors as failures.",
      "internal/graphqlChecks.ts": "Checks a GraphQL document against the options of its endpoint.",
      "internal/graphqlDocument.ts": "A light scan of a GraphQL document: its operations and variables.",
      "internal/graphqlErrors.ts": "The categories of GraphQL error codes, and their waits.",
      "Pagination.ts": "How to go from one page of a list to the next.",
      "internal/methodTypes.ts": "The types of methods: request, success, errors and services.",
      "internal/clientTypes.ts": "The types of an integration's methods, policies, replies and stubs, by name.",
      "Tenants.ts": "One integration on behalf of many.",
      "Reply.ts": "The seam at which a mock answers instead of the network.",
      "internal/Tenants.ts": "The tenants that are held: built once, counted while in use, released when idle.",
      "internal/addresses.ts": "Where requests go, and which origins get credentials.",
      "internal/instanceAddress.ts": "The address of one instance of an integration, or of one of its tenants.",
      "internal/defaultHeaders.ts": "The default headers of a request.",
      "internal/redirects.ts": "Decides which redirects are followed.",
      "Operation.ts": "Long-running operations: started, polled, and done, failed, expired or canceled.",
      "internal/operationDriver.ts": "Runs a long-running operation.",
      "internal/operationErrors.ts": "The errors of a long-running operation.",
      "internal/operationStates.ts": "The states of a long-running operation.",
      "internal/pages.ts": "Reads a list page by page.",
      "internal/checkPagination.ts": "Whether an endpoint declares what its pagination changes.",
      "internal/linkHeader.ts": "Reads the links of a Link header.",
      "internal/Tracing.ts": "Spans and debug lines of calls and attempts, where somebody wants them.",
      "internal/Invocation.ts": "Makes the methods of an integration from its endpoints.",
      "internal/Mocking.ts": "An integration whose network is a table of replies.",
      "internal/Placed.ts": "An endpoint together with its group.",
      "internal/encoders.ts": "Encodes the parts of a request; exceptions of user code are failures.",
      "internal/jsonText.ts": "Writes JSON that every parser accepts.",
      "internal/endpointChecks.ts": "Checks an endpoint's options where it is defined.",
      "internal/endpointTypes.ts": "The types of an endpoint's options, with readable compile errors.",
      "internal/formCheck.ts": "Finds in a schema what a style of forms cannot express.",
      "internal/formPairs.ts": "Writes an encoded value as the pairs of a form or a query.",
      "internal/formText.ts": "Escapes the pairs of a form or a query.",
      "internal/request.ts": "The type of a request as a caller gives it.",
      "internal/pathTemplate.ts": "The grammar of an endpoint's path.",
      "internal/Reflection.ts": "Reads an endpoint's successes and errors by status.",
      "internal/RequestEncoder.ts": "Encodes the parts of a call into a request.",
      "internal/ResponseDecoder.ts": "Decoders of an endpoint's answers, by status and content type.",
      "internal/bodyDecoder.ts": "Decodes a body that was read whole, by its encoding.",
      "internal/errorDecoder.ts": "Decodes declared errors, with or without their tag.",
      "internal/formBody.ts": "Reads a form, strictly.",
      "internal/mediaType.ts": "The media types of answers, and which of them a stream accepts.",
      "internal/receivedBody.ts": "A body that was read whole, decoded once for all readers.",
      "Events.ts": "Streams of Server-Sent Events: their data, errors and end.",
      "JsonNumber.ts": "Numbers of JSON without loss, as schemas.",
      "internal/exactNumbers.ts": "Passes the digits of numbers to the schemas that need them.",
      "internal/reconnection.ts": "Opens a stream of events again, from the last event that was read.",
      "internal/downloadTypes.ts": "The options, parts and errors of a download.",
      "internal/Transfer.ts": "One download while it runs: its requests and where the next one begins.",
      "internal/checksums.ts": "Verifies bytes against the checksums in headers.",
      "internal/crc32.ts": "CRC-32 and CRC-32C, as object stores give them.",
      "internal/ranges.ts": "The range, size and validators of a file, from headers.",
      "internal/uploads.ts": "The size and the content type of a streamed payload.",
      "internal/eventParser.ts": "Parses Server-Sent Events as their bytes arrive.",
      "internal/eventRules.ts": "The rules of an endpoint's events besides their schemas.",
      "internal/eventStream.ts": "Decodes a stream of events by the rules of its endpoint.",
      "internal/jsonLines.ts": "Decodes a stream of JSON values.",
      "internal/lines.ts": "Splits bytes into lines as they arrive.",
      "internal/streamDecoder.ts": "Decodes streamed answers element by element.",
      "internal/undecodable.ts": "Why an answer cannot be decoded, or could not be read."
    }
  },
  "core/webhook": {
    folder: "core/src/webhook/",
    about: "Events in and out: schemes, verification, inbox, sending, dead letters.",
    files: {
      "index.ts": "The modules of the room.",
      "internal/optionChecks.ts": "What the options of the inbox and of the receiver accept.",
      "internal/schemeChecks.ts": "What the constructors of a signature scheme accept.",
      "internal/schemeParts.ts": "What the parts of a signature scheme accept.",
      "Attempt.ts": "One attempt to handle or to send an event.",
      "Handshake.ts": "Answers a provider's challenge to an endpoint.",
      "Inbox.ts": "Handles what is stored, retries it and keeps it to be looked at.",
      "InboxHealth.ts": "Whether the workers of an inbox do their work.",
      "InboxSeal.ts": "Seals what the inbox stores.",
      "InboxStore.ts": "Where the inbox keeps its events.",
      "InboxStoreMemory.ts": "The inbox store in memory.",
      "InboxStoreSql.ts": "The inbox store in a database.",
      "SignatureScheme.ts": "How a provider signs, as data.",
      "WebhookError.ts": "The one error of the room, with a tagged reason.",
      "WebhookEvent.ts": "An event as the inbox keeps it.",
      "WebhookKeys.ts": "Fetches the certificates and keys of providers.",
      "WebhookReceiver.ts": "Receives: reads, verifies, stores and answers.",
      "WebhookSender.ts": "Sends an event, signed anew at each attempt, until it arrives or is given up.",
      "WebhookSigner.ts": "Signs an event from the record that verifies it.",
      "WebhookVerifier.ts": "Decides whether a delivery was signed with one of our secrets.",
      "internal/deliveryHeaders.ts": "Reads a delivery's headers and refuses repeated ones.",
      "internal/encodings.ts": "Hex and base64, canonical forms only.",
      "internal/eventFields.ts": "Finds an event's id and type in its headers or body.",
      "internal/groupCommit.ts": "Lets callers share transactions.",
      "internal/handlerOptions.ts": "Reads the options of handlers and lanes.",
      "internal/inboxLog.ts": "The log lines of the inbox, safe for errors that throw as they are printed.",
      "internal/inboxMetrics.ts": "The metrics of the inbox.",
      "internal/inboxSql/answers.ts": "The answers that deliveries were given.",
      "internal/inboxSql/attempts.ts": "The attempts at events, in a database.",
      "internal/inboxSql/claiming.ts": "Gives what is due to a worker, with regard to lanes.",
      "internal/inboxSql/connections.ts": "Whether a client has the connections that a store needs.",
      "internal/inboxSql/database.ts": "What SQLite and Postgres say differently.",
      "internal/inboxSql/deadLetters.ts": "Outgoing events that were given up, in a database.",
      "internal/inboxSql/deliveries.ts": "The bodies of deliveries with several events, in a database.",
      "internal/inboxSql/inserting.ts": "Writes new events, many in one statement.",
      "internal/inboxSql/listening.ts": "Tells other processes of events, and hears of theirs.",
      "internal/inboxSql/looking.ts": "Finds, lists, counts and replays events in a database.",
      "internal/inboxSql/putting.ts": "Stores events and finds duplicates, in a database.",
      "internal/inboxSql/rows.ts": "Events and attempts as rows.",
      "internal/inboxSql/settling.ts": "Ends claims, in a database.",
      "internal/inboxSql/tables.ts": "The tables of the inbox, and how they came to be so.",
      "internal/inboxSql/together.ts": "What may share a transaction, done together.",
      "internal/inboxSql/upkeep.ts": "Purges events, remembers their ids, and seals anew.",
      "internal/inboxSupervision.ts": "Begins the parts of a worker again when they fail.",
      "internal/inboxUpkeep.ts": "What a worker does beside handling: it purges and measures.",
      "internal/inboxWatches.ts": "What the workers of a process report of themselves.",
      "internal/inboxWorker.ts": "Handles the events of one source.",
      "internal/laneHold.ts": "Until when an event is put off whose turn has not come.",
      "internal/plainStore.ts": "Makes every text plain on its way into a store.",
      "internal/plainText.ts": "Texts and names that every database stores as they are.",
      "internal/remembering.ts": "How long an inbox knows the ids of a source.",
      "internal/retryDelay.ts": "When a failed event is tried again.",
      "internal/safely.ts": "Reads a value that may throw as it is read.",
      "internal/sealedStore.ts": "Seals what goes into a store and opens what comes out.",
      "internal/watchedStore.ts": "The store as a worker has it: watched, and failing where it dies.",
      "internal/xmlText.ts": "The text of an element of XML.",
      "internal/urlForms.ts": "The forms of a URL that a provider may have signed.",
      "internal/traceparent.ts": "Spans and the header that names them.",
      "internal/refusal.ts": "How a refusal ends a verification: thrown inside, a Result outside.",
      "internal/batch.ts": "Splits a delivery that holds several events.",
      "internal/bindings.ts": "Holds a request against the hashes of it that are signed.",
      "internal/candidates.ts": "Reads the signatures that a delivery claims to have.",
      "internal/certificates.ts": "Reads a certificate and checks its chain.",
      "internal/coverage.ts": "Tells what of a delivery the signature covers.",
      "internal/delivery.ts": "A request whose body, form and URL are read late and once.",
      "internal/formBody.ts": "Reads a form body.",
      "internal/jsonWebToken.ts": "Reads a JSON Web Token and checks its claims.",
      "internal/lateFields.ts": "Reads an id and a type in the body when they are asked for.",
      "internal/keyCache.ts": "Fetched keys, and how many requests for more run and wait.",
      "internal/identity.ts": "What makes two deliveries the same event.",
      "internal/jsonItems.ts": "The items of lists in a JSON text, as they are written.",
      "internal/judging.ts": "Decides whether a delivery is genuine, and says why not.",
      "internal/plainMac.ts": "Accepts in one pass what most providers send: one HMAC in one header.",
      "internal/notifications.ts": "When a notification is due that repeats another one.",
      "internal/placement.ts": "Puts a signature into a body or a URL.",
      "internal/receiving/responses.ts": "A computed answer to an event.",
      "internal/receiving/events.ts": "The events of a verified delivery.",
      "internal/receiving/answers.ts": "What a receiver answers.",
      "internal/receiving/body.ts": "Reads a stream under a cap and within a deadline.",
      "internal/receiving/decoys.ts": "Secrets that nobody has, for tenants that are unknown.",
      "internal/receiving/head.ts": "What can be refused before a body is read.",
      "internal/receiving/machine.ts": "Finds the source of a request.",
      "internal/receiving/Reading.ts": "Reads a body under a cap and a deadline, and lets the rest pass.",
      "internal/receiving/nodeRequest.ts": "What a request of node:http has, known by its shape.",
      "internal/receiving/options.ts": "What a receiver is made of.",
      "internal/receiving/paths.ts": "Reads the source and the tenant from a path.",
      "internal/receiving/reception.ts": "The words of receiving: heads, answers, outcomes.",
      "internal/receiving/request.ts": "One request from its body to its answer.",
      "internal/receiving/router.ts": "The entrance of an HttpRouter.",
      "internal/receiving/secrets.ts": "Finds the secrets of a source or a tenant.",
      "internal/receiving/source.ts": "A source, checked, with what is worked out once.",
      "internal/receiving/telemetry.ts": "Metrics, spans and log lines of deliveries.",
      "internal/receiving/tenantIds.ts": "Ids of events that belong to a tenant.",
      "internal/receiving/web.ts": "The entrance of the Fetch standard.",
      "internal/providerKeys.ts": "Finds the key of the provider that a delivery names.",
      "internal/requestText.ts": "Forms, URLs and headers as providers write them to sign them.",
      "internal/signatures.ts": "Computes signatures and compares them.",
      "internal/signedContent.ts": "Fills the template of what is signed.",
      "internal/signingKeys.ts": "Makes keys from secrets, signs and compares.",
      "internal/timestamps.ts": "Reads a timestamp and judges its age."
    }
  },
  "core/testing": {
    folder: "core/src/testing/",
    about: "What a user's tests put in the place of a provider.",
    files: {
      "index.ts": "The modules of the room.",
      "Mock.ts": "Typed replies in the place of the network."
    }
  },
  node: {
    folder: "node/src/",
    about: "What only Node gives.",
    files: {
      "index.ts": "The modules of the package.",
      "Browser.ts": "Opens the page of a login, and prints where it is.",
      "Files.ts": "Downloads to files and uploads from files.",
      "internal/files/PartFile.ts": "A file on its way: written beside its place, and moved there when it is complete.",
      "Loopback.ts": "An HTTP server for one login, on 127.0.0.1 and a free port.",
      "Sqlite.ts": "An SqlClient over the SQLite that is built into Node.",
      "Transport.ts": "An HttpClient over undici with a connection pool of its own.",
      "WebhookListener.ts": "Receives webhooks with node:http.",
      "internal/transport/Client.ts": "Sends requests of Effect's HttpClient.",
      "internal/transport/contentCodings.ts": "Which content codings are asked for, and how a body is decoded.",
      "internal/transport/decompressor.ts": "Undoes one content coding of a stream, no faster than it is read.",
      "internal/transport/DecodedBody.ts": "The bytes of one response without its content codings.",
      "internal/transport/Failure.ts": "What undici says went wrong, in Effect's words.",
      "internal/transport/InFlight.ts": "One request between its dispatch and its end.",
      "internal/transport/Pool.ts": "The dispatcher: connections, certificates, proxies.",
      "internal/transport/publicLookup.ts": "Resolves names for connections that go to public addresses alone.",
      "internal/transport/ProxyRouter.ts": "A dispatcher that chooses another by the origin of each request.",
      "internal/transport/proxyVariables.ts": "Which proxy a request goes through, by the environment.",
      "internal/sqliteAttempt.ts": "Runs a step of SQLite, and waits for locks without blocking the event loop.",
      "internal/transport/Redirects.ts":
        "Follows redirects where it was asked to, without credentials to other origins.",
      "internal/transport/ResponseBody.ts": "A body as it comes: held, streamed, or let go of.",
      "internal/transport/Outgoing.ts": "The target, headers and body of a request for undici.",
      "internal/transport/TransportResponse.ts": "A response of Effect's HttpClient.",
      "internal/webhook/Connections.ts": "The connections of a server, closed within a time limit.",
      "internal/webhook/answering.ts": "Writes an answer.",
      "internal/webhook/arriving.ts": "What a request of node:http says, and what Express adds to it."
    }
  },
  providers: {
    folder: "providers/src/",
    about: "The providers, and their signature schemes by id.",
    files: { "index.ts": "All providers in one import." }
  },
  "providers/ashby": {
    folder: "providers/src/ashby/",
    about: "Ashby.",
    files: { "Ashby.ts": "The entry point.", "AshbyWebhook.ts": "How it signs." }
  },
  "providers/chargebee": {
    folder: "providers/src/chargebee/",
    about: "Chargebee.",
    files: { "Chargebee.ts": "The entry point.", "ChargebeeWebhook.ts": "How it signs." }
  },
  "providers/cursor": {
    folder: "providers/src/cursor/",
    about: "Cursor.",
    files: { "Cursor.ts": "The entry point.", "CursorWebhook.ts": "How it signs." }
  },
  "providers/deepgram": {
    folder: "providers/src/deepgram/",
    about: "Deepgram.",
    files: { "Deepgram.ts": "The entry point.", "DeepgramWebhook.ts": "How it signs." }
  },
  "providers/fathom": {
    folder: "providers/src/fathom/",
    about: "Fathom.",
    files: { "Fathom.ts": "The entry point.", "FathomWebhook.ts": "How it signs." }
  },
  "providers/fireflies": {
    folder: "providers/src/fireflies/",
    about: "Fireflies.",
    files: { "Fireflies.ts": "The entry point.", "FirefliesWebhook.ts": "How it signs." }
  },
  "providers/fusionauth": {
    folder: "providers/src/fusionauth/",
    about: "FusionAuth.",
    files: { "FusionAuth.ts": "The entry point.", "FusionAuthWebhook.ts": "How it signs." }
  },
  "providers/github": {
    folder: "providers/src/github/",
    about: "GitHub.",
    files: {
      "GitHub.ts": "The entry point.",
      "GitHubApi.ts": "Repositories, issues, labels, comments and users of its REST API.",
      "GitHubAuth.ts": "A token, and the headers that every request carries.",
      "GitHubWebhook.ts": "How it signs, and its most used events."
    }
  },
  "providers/gong": {
    folder: "providers/src/gong/",
    about: "Gong.",
    files: { "Gong.ts": "The entry point.", "GongWebhook.ts": "How it signs." }
  },
  "providers/greenhouse": {
    folder: "providers/src/greenhouse/",
    about: "Greenhouse.",
    files: { "Greenhouse.ts": "The entry point.", "GreenhouseWebhook.ts": "How it signs." }
  },
  "providers/incident-io": {
    folder: "providers/src/incident-io/",
    about: "incident.io.",
    files: { "IncidentIo.ts": "The entry point.", "IncidentIoWebhook.ts": "How it signs." }
  },
  "providers/linq": {
    folder: "providers/src/linq/",
    about: "Linq.",
    files: { "Linq.ts": "The entry point.", "LinqWebhook.ts": "How it signs." }
  },
  "providers/lithic": {
    folder: "providers/src/lithic/",
    about: "Lithic.",
    files: { "Lithic.ts": "The entry point.", "LithicWebhook.ts": "How it signs." }
  },
  "providers/microsoft-teams": {
    folder: "providers/src/microsoft-teams/",
    about: "Microsoft Teams.",
    files: { "MicrosoftTeams.ts": "The entry point.", "MicrosoftTeamsWebhook.ts": "How it signs." }
  },
  "providers/monday": {
    folder: "providers/src/monday/",
    about: "monday.com.",
    files: { "Monday.ts": "The entry point.", "MondayWebhook.ts": "How it signs." }
  },
  "providers/postmark": {
    folder: "providers/src/postmark/",
    about: "Postmark.",
    files: { "Postmark.ts": "The entry point.", "PostmarkWebhook.ts": "How it signs." }
  },
  "providers/render": {
    folder: "providers/src/render/",
    about: "Render.",
    files: { "Render.ts": "The entry point.", "RenderWebhook.ts": "How it signs." }
  },
  "providers/revenuecat": {
    folder: "providers/src/revenuecat/",
    about: "RevenueCat.",
    files: { "RevenueCat.ts": "The entry point.", "RevenueCatWebhook.ts": "How it signs." }
  },
  "providers/rootly": {
    folder: "providers/src/rootly/",
    about: "Rootly.",
    files: { "Rootly.ts": "The entry point.", "RootlyWebhook.ts": "How it signs." }
  },
  "providers/salesforce": {
    folder: "providers/src/salesforce/",
    about: "Salesforce.",
    files: { "Salesforce.ts": "The entry point.", "SalesforceWebhook.ts": "How it signs." }
  },
  "providers/shopify": {
    folder: "providers/src/shopify/",
    about: "Shopify.",
    files: {
      "Shopify.ts": "The entry point.",
      "ShopifyAuth.ts": "The access tokens of a shop, however they are got.",
      "ShopifyWebhook.ts": "How it signs."
    }
  },
  "providers/slack": {
    folder: "providers/src/slack/",
    about: "Slack.",
    files: {
      "Slack.ts": "The entry point.",
      "SlackApi.ts": "Failure rules for the errors of its Web API.",
      "SlackAuth.ts": "Tokens, rotated ones among them, and what an answer with ok: false means.",
      "SlackWebhook.ts": "How it signs events, interactions and commands."
    }
  },
  "providers/standard-webhooks": {
    folder: "providers/src/standard-webhooks/",
    about: "Standard Webhooks, which many providers share.",
    files: { "StandardWebhooks.ts": "The entry point.", "StandardWebhooksWebhook.ts": "The scheme." }
  },
  "providers/stripe": {
    folder: "providers/src/stripe/",
    about: "Stripe.",
    files: { "Stripe.ts": "The entry point.", "StripeWebhook.ts": "How it signs." }
  },
  "providers/adyen": {
    folder: "providers/src/adyen/",
    about: "Adyen.",
    files: { "Adyen.ts": "The entry point.", "AdyenWebhook.ts": "How it signs." }
  },
  "providers/airtable": {
    folder: "providers/src/airtable/",
    about: "Airtable.",
    files: { "Airtable.ts": "The entry point.", "AirtableWebhook.ts": "How it signs." }
  },
  "providers/anthropic": {
    folder: "providers/src/anthropic/",
    about: "Anthropic.",
    files: { "Anthropic.ts": "The entry point.", "AnthropicWebhook.ts": "How it signs." }
  },
  "providers/asana": {
    folder: "providers/src/asana/",
    about: "Asana.",
    files: { "Asana.ts": "The entry point.", "AsanaWebhook.ts": "How it signs." }
  },
  "providers/attio": {
    folder: "providers/src/attio/",
    about: "Attio.",
    files: { "Attio.ts": "The entry point.", "AttioWebhook.ts": "How it signs." }
  },
  "providers/bitbucket": {
    folder: "providers/src/bitbucket/",
    about: "Bitbucket.",
    files: { "Bitbucket.ts": "The entry point.", "BitbucketWebhook.ts": "How it signs." }
  },
  "providers/brex": {
    folder: "providers/src/brex/",
    about: "Brex.",
    files: { "Brex.ts": "The entry point.", "BrexWebhook.ts": "How it signs." }
  },
  "providers/cal-com": {
    folder: "providers/src/cal-com/",
    about: "Cal.com.",
    files: { "CalCom.ts": "The entry point.", "CalComWebhook.ts": "How it signs." }
  },
  "providers/calendly": {
    folder: "providers/src/calendly/",
    about: "Calendly.",
    files: { "Calendly.ts": "The entry point.", "CalendlyWebhook.ts": "How it signs." }
  },
  "providers/clerk": {
    folder: "providers/src/clerk/",
    about: "Clerk.",
    files: { "Clerk.ts": "The entry point.", "ClerkWebhook.ts": "How it signs." }
  },
  "providers/clickup": {
    folder: "providers/src/clickup/",
    about: "ClickUp.",
    files: { "ClickUp.ts": "The entry point.", "ClickUpWebhook.ts": "How it signs." }
  },
  "providers/coinbase-commerce": {
    folder: "providers/src/coinbase-commerce/",
    about: "Coinbase Commerce.",
    files: { "CoinbaseCommerce.ts": "The entry point.", "CoinbaseCommerceWebhook.ts": "How it signs." }
  },
  "providers/creem": {
    folder: "providers/src/creem/",
    about: "Creem.",
    files: { "Creem.ts": "The entry point.", "CreemWebhook.ts": "How it signs." }
  },
  "providers/discord": {
    folder: "providers/src/discord/",
    about: "Discord.",
    files: { "Discord.ts": "The entry point.", "DiscordWebhook.ts": "How it signs." }
  },
  "providers/docusign": {
    folder: "providers/src/docusign/",
    about: "DocuSign Connect.",
    files: { "DocuSign.ts": "The entry point.", "DocuSignWebhook.ts": "How it signs." }
  },
  "providers/dodopayments": {
    folder: "providers/src/dodopayments/",
    about: "Dodo Payments.",
    files: { "DodoPayments.ts": "The entry point.", "DodoPaymentsWebhook.ts": "How it signs." }
  },
  "providers/dropbox": {
    folder: "providers/src/dropbox/",
    about: "Dropbox.",
    files: { "Dropbox.ts": "The entry point.", "DropboxWebhook.ts": "How it signs." }
  },
  "providers/elevenlabs": {
    folder: "providers/src/elevenlabs/",
    about: "ElevenLabs.",
    files: { "ElevenLabs.ts": "The entry point.", "ElevenLabsWebhook.ts": "How it signs." }
  },
  "providers/firecrawl": {
    folder: "providers/src/firecrawl/",
    about: "Firecrawl.",
    files: { "Firecrawl.ts": "The entry point.", "FirecrawlWebhook.ts": "How it signs." }
  },
  "providers/gocardless": {
    folder: "providers/src/gocardless/",
    about: "GoCardless.",
    files: { "GoCardless.ts": "The entry point.", "GoCardlessWebhook.ts": "How it signs." }
  },
  "providers/google": {
    folder: "providers/src/google/",
    about: "Google.",
    files: {
      "Google.ts": "The entry point.",
      "GoogleAuth.ts": "Service accounts.",
      "GoogleWebhook.ts": "How its channels and Pub/Sub authenticate."
    }
  },
  "providers/hookdeck": {
    folder: "providers/src/hookdeck/",
    about: "Hookdeck.",
    files: { "Hookdeck.ts": "The entry point.", "HookdeckWebhook.ts": "How it signs." }
  },
  "providers/hubspot": {
    folder: "providers/src/hubspot/",
    about: "HubSpot.",
    files: { "HubSpot.ts": "The entry point.", "HubSpotWebhook.ts": "How it signs." }
  },
  "providers/intercom": {
    folder: "providers/src/intercom/",
    about: "Intercom.",
    files: { "Intercom.ts": "The entry point.", "IntercomWebhook.ts": "How it signs." }
  },
  "providers/jira": {
    folder: "providers/src/jira/",
    about: "Jira.",
    files: { "Jira.ts": "The entry point.", "JiraWebhook.ts": "How it signs." }
  },
  "providers/langfuse": {
    folder: "providers/src/langfuse/",
    about: "Langfuse.",
    files: { "Langfuse.ts": "The entry point.", "LangfuseWebhook.ts": "How it signs." }
  },
  "providers/lemon-squeezy": {
    folder: "providers/src/lemon-squeezy/",
    about: "Lemon Squeezy.",
    files: { "LemonSqueezy.ts": "The entry point.", "LemonSqueezyWebhook.ts": "How it signs." }
  },
  "providers/line": {
    folder: "providers/src/line/",
    about: "LINE.",
    files: { "Line.ts": "The entry point.", "LineWebhook.ts": "How it signs." }
  },
  "providers/linear": {
    folder: "providers/src/linear/",
    about: "Linear.",
    files: { "Linear.ts": "The entry point.", "LinearWebhook.ts": "How it signs." }
  },
  "providers/loops": {
    folder: "providers/src/loops/",
    about: "Loops.",
    files: { "Loops.ts": "The entry point.", "LoopsWebhook.ts": "How it signs." }
  },
  "providers/meta-whatsapp": {
    folder: "providers/src/meta-whatsapp/",
    about: "Meta's Graph API: WhatsApp, Messenger, Instagram.",
    files: { "MetaWhatsApp.ts": "The entry point.", "MetaWhatsAppWebhook.ts": "How it signs." }
  },
  "providers/microsoft-graph": {
    folder: "providers/src/microsoft-graph/",
    about: "Microsoft Graph.",
    files: { "MicrosoftGraph.ts": "The entry point.", "MicrosoftGraphWebhook.ts": "How it authenticates." }
  },
  "providers/mux": {
    folder: "providers/src/mux/",
    about: "Mux.",
    files: { "Mux.ts": "The entry point.", "MuxWebhook.ts": "How it signs." }
  },
  "providers/notion": {
    folder: "providers/src/notion/",
    about: "Notion.",
    files: { "Notion.ts": "The entry point.", "NotionWebhook.ts": "How it signs." }
  },
  "providers/onfido": {
    folder: "providers/src/onfido/",
    about: "Onfido.",
    files: { "Onfido.ts": "The entry point.", "OnfidoWebhook.ts": "How it signs." }
  },
  "providers/openai": {
    folder: "providers/src/openai/",
    about: "OpenAI.",
    files: { "OpenAI.ts": "The entry point.", "OpenAIWebhook.ts": "How it signs." }
  },
  "providers/paddle": {
    folder: "providers/src/paddle/",
    about: "Paddle Billing.",
    files: { "Paddle.ts": "The entry point.", "PaddleWebhook.ts": "How it signs." }
  },
  "providers/pagerduty": {
    folder: "providers/src/pagerduty/",
    about: "PagerDuty.",
    files: { "PagerDuty.ts": "The entry point.", "PagerDutyWebhook.ts": "How it signs." }
  },
  "providers/planetscale": {
    folder: "providers/src/planetscale/",
    about: "PlanetScale.",
    files: { "PlanetScale.ts": "The entry point.", "PlanetScaleWebhook.ts": "How it signs." }
  },
  "providers/polar": {
    folder: "providers/src/polar/",
    about: "Polar.",
    files: { "Polar.ts": "The entry point.", "PolarWebhook.ts": "How it signs." }
  },
  "providers/pusher": {
    folder: "providers/src/pusher/",
    about: "Pusher Channels.",
    files: { "Pusher.ts": "The entry point.", "PusherWebhook.ts": "How it signs." }
  },
  "providers/razorpay": {
    folder: "providers/src/razorpay/",
    about: "Razorpay.",
    files: { "Razorpay.ts": "The entry point.", "RazorpayWebhook.ts": "How it signs." }
  },
  "providers/replicate": {
    folder: "providers/src/replicate/",
    about: "Replicate.",
    files: { "Replicate.ts": "The entry point.", "ReplicateWebhook.ts": "How it signs." }
  },
  "providers/resend": {
    folder: "providers/src/resend/",
    about: "Resend.",
    files: { "Resend.ts": "The entry point.", "ResendWebhook.ts": "How it signs." }
  },
  "providers/retell": {
    folder: "providers/src/retell/",
    about: "Retell.",
    files: { "Retell.ts": "The entry point.", "RetellWebhook.ts": "How it signs." }
  },
  "providers/sanity": {
    folder: "providers/src/sanity/",
    about: "Sanity.",
    files: { "Sanity.ts": "The entry point.", "SanityWebhook.ts": "How it signs." }
  },
  "providers/sentry": {
    folder: "providers/src/sentry/",
    about: "Sentry.",
    files: { "Sentry.ts": "The entry point.", "SentryWebhook.ts": "How it signs." }
  },
  "providers/square": {
    folder: "providers/src/square/",
    about: "Square.",
    files: { "Square.ts": "The entry point.", "SquareWebhook.ts": "How it signs." }
  },
  "providers/supabase": {
    folder: "providers/src/supabase/",
    about: "Supabase.",
    files: { "Supabase.ts": "The entry point.", "SupabaseWebhook.ts": "How it signs." }
  },
  "providers/tailscale": {
    folder: "providers/src/tailscale/",
    about: "Tailscale.",
    files: { "Tailscale.ts": "The entry point.", "TailscaleWebhook.ts": "How it signs." }
  },
  "providers/telnyx": {
    folder: "providers/src/telnyx/",
    about: "Telnyx.",
    files: { "Telnyx.ts": "The entry point.", "TelnyxWebhook.ts": "How it signs." }
  },
  "providers/tiktok": {
    folder: "providers/src/tiktok/",
    about: "TikTok.",
    files: { "TikTok.ts": "The entry point.", "TikTokWebhook.ts": "How it signs." }
  },
  "providers/trello": {
    folder: "providers/src/trello/",
    about: "Trello.",
    files: { "Trello.ts": "The entry point.", "TrelloWebhook.ts": "How it signs." }
  },
  "providers/trigger-dev": {
    folder: "providers/src/trigger-dev/",
    about: "Trigger.dev.",
    files: { "TriggerDev.ts": "The entry point.", "TriggerDevWebhook.ts": "How it signs." }
  },
  "providers/typeform": {
    folder: "providers/src/typeform/",
    about: "Typeform.",
    files: { "Typeform.ts": "The entry point.", "TypeformWebhook.ts": "How it signs." }
  },
  "providers/vercel": {
    folder: "providers/src/vercel/",
    about: "Vercel.",
    files: { "Vercel.ts": "The entry point.", "VercelWebhook.ts": "How it signs." }
  },
  "providers/webflow": {
    folder: "providers/src/webflow/",
    about: "Webflow.",
    files: { "Webflow.ts": "The entry point.", "WebflowWebhook.ts": "How it signs." }
  },
  "providers/woocommerce": {
    folder: "providers/src/woocommerce/",
    about: "WooCommerce.",
    files: { "WooCommerce.ts": "The entry point.", "WooCommerceWebhook.ts": "How it signs." }
  },
  "providers/workos": {
    folder: "providers/src/workos/",
    about: "WorkOS.",
    files: { "WorkOS.ts": "The entry point.", "WorkOSWebhook.ts": "How it signs." }
  },
  "providers/xero": {
    folder: "providers/src/xero/",
    about: "Xero.",
    files: { "Xero.ts": "The entry point.", "XeroWebhook.ts": "How it signs." }
  },
  "providers/zoho-desk": {
    folder: "providers/src/zoho-desk/",
    about: "Zoho Desk.",
    files: { "ZohoDesk.ts": "The entry point.", "ZohoDeskWebhook.ts": "How it signs." }
  },
  "providers/zoom": {
    folder: "providers/src/zoom/",
    about: "Zoom.",
    files: { "Zoom.ts": "The entry point.", "ZoomWebhook.ts": "How it signs." }
  },
  "providers/atlassian-connect": {
    folder: "providers/src/atlassian-connect/",
    about: "Atlassian Connect.",
    files: { "AtlassianConnect.ts": "The entry point.", "AtlassianConnectWebhook.ts": "How it signs." }
  },
  "providers/aws-sns": {
    folder: "providers/src/aws-sns/",
    about: "Amazon SNS.",
    files: { "AwsSns.ts": "The entry point.", "AwsSnsWebhook.ts": "How it signs." }
  },
  "providers/braintree": {
    folder: "providers/src/braintree/",
    about: "Braintree.",
    files: { "Braintree.ts": "The entry point.", "BraintreeWebhook.ts": "How it signs." }
  },
  "providers/cloudinary": {
    folder: "providers/src/cloudinary/",
    about: "Cloudinary.",
    files: { "Cloudinary.ts": "The entry point.", "CloudinaryWebhook.ts": "How it signs." }
  },
  "providers/contentful": {
    folder: "providers/src/contentful/",
    about: "Contentful.",
    files: { "Contentful.ts": "The entry point.", "ContentfulWebhook.ts": "How it signs." }
  },
  "providers/dropbox-sign": {
    folder: "providers/src/dropbox-sign/",
    about: "Dropbox Sign.",
    files: { "DropboxSign.ts": "The entry point.", "DropboxSignWebhook.ts": "How it signs." }
  },
  "providers/gitlab": {
    folder: "providers/src/gitlab/",
    about: "GitLab.",
    files: { "GitLab.ts": "The entry point.", "GitLabWebhook.ts": "How it signs." }
  },
  "providers/livekit": {
    folder: "providers/src/livekit/",
    about: "LiveKit.",
    files: { "LiveKit.ts": "The entry point.", "LiveKitWebhook.ts": "How it signs." }
  },
  "providers/mailgun": {
    folder: "providers/src/mailgun/",
    about: "Mailgun.",
    files: { "Mailgun.ts": "The entry point.", "MailgunWebhook.ts": "How it signs." }
  },
  "providers/messagebird": {
    folder: "providers/src/messagebird/",
    about: "MessageBird.",
    files: { "MessageBird.ts": "The entry point.", "MessageBirdWebhook.ts": "How it signs." }
  },
  "providers/okta": {
    folder: "providers/src/okta/",
    about: "Okta event hooks.",
    files: { "Okta.ts": "The entry point.", "OktaWebhook.ts": "How it signs." }
  },
  "providers/paypal": {
    folder: "providers/src/paypal/",
    about: "PayPal.",
    files: { "PayPal.ts": "The entry point.", "PayPalWebhook.ts": "How it signs." }
  },
  "providers/plaid": {
    folder: "providers/src/plaid/",
    about: "Plaid.",
    files: { "Plaid.ts": "The entry point.", "PlaidWebhook.ts": "How it signs." }
  },
  "providers/plivo": {
    folder: "providers/src/plivo/",
    about: "Plivo.",
    files: { "Plivo.ts": "The entry point.", "PlivoWebhook.ts": "How it signs." }
  },
  "providers/sendgrid": {
    folder: "providers/src/sendgrid/",
    about: "SendGrid Event Webhook.",
    files: { "SendGrid.ts": "The entry point.", "SendGridWebhook.ts": "How it signs." }
  },
  "providers/telegram": {
    folder: "providers/src/telegram/",
    about: "Telegram.",
    files: { "Telegram.ts": "The entry point.", "TelegramWebhook.ts": "How it signs." }
  },
  "providers/twilio": {
    folder: "providers/src/twilio/",
    about: "Twilio.",
    files: { "Twilio.ts": "The entry point.", "TwilioWebhook.ts": "How it signs." }
  },
  "providers/twitch": {
    folder: "providers/src/twitch/",
    about: "Twitch EventSub.",
    files: { "Twitch.ts": "The entry point.", "TwitchWebhook.ts": "How it signs." }
  },
  "providers/vonage": {
    folder: "providers/src/vonage/",
    about: "Vonage.",
    files: { "Vonage.ts": "The entry point.", "VonageWebhook.ts": "How it signs." }
  },
  "providers/zendesk": {
    folder: "providers/src/zendesk/",
    about: "Zendesk.",
    files: { "Zendesk.ts": "The entry point.", "ZendeskWebhook.ts": "How it signs." }
  },
  "providers/adobe-sign": {
    folder: "providers/src/adobe-sign/",
    about: "Adobe Acrobat Sign.",
    files: { "AdobeSign.ts": "The entry point.", "AdobeSignWebhook.ts": "How it signs." }
  },
  "providers/airwallex": {
    folder: "providers/src/airwallex/",
    about: "Airwallex.",
    files: { "Airwallex.ts": "The entry point.", "AirwallexWebhook.ts": "How it signs." }
  },
  "providers/azure-devops": {
    folder: "providers/src/azure-devops/",
    about: "Azure DevOps.",
    files: { "AzureDevOps.ts": "The entry point.", "AzureDevOpsWebhook.ts": "How it signs." }
  },
  "providers/bitbucket-server": {
    folder: "providers/src/bitbucket-server/",
    about: "Bitbucket Data Center.",
    files: { "BitbucketServer.ts": "The entry point.", "BitbucketServerWebhook.ts": "How it signs." }
  },
  "providers/box": {
    folder: "providers/src/box/",
    about: "Box.",
    files: { "Box.ts": "The entry point.", "BoxWebhook.ts": "How it signs." }
  },
  "providers/checkr": {
    folder: "providers/src/checkr/",
    about: "Checkr.",
    files: { "Checkr.ts": "The entry point.", "CheckrWebhook.ts": "How it signs." }
  },
  "providers/connectwise-psa": {
    folder: "providers/src/connectwise-psa/",
    about: "ConnectWise PSA.",
    files: { "ConnectWisePsa.ts": "The entry point.", "ConnectWisePsaWebhook.ts": "How it signs." }
  },
  "providers/easypost": {
    folder: "providers/src/easypost/",
    about: "EasyPost.",
    files: { "EasyPost.ts": "The entry point.", "EasyPostWebhook.ts": "How it signs." }
  },
  "providers/figma": {
    folder: "providers/src/figma/",
    about: "Figma.",
    files: { "Figma.ts": "The entry point.", "FigmaWebhook.ts": "How it signs." }
  },
  "providers/gitea": {
    folder: "providers/src/gitea/",
    about: "Gitea.",
    files: { "Gitea.ts": "The entry point.", "GiteaWebhook.ts": "How it signs." }
  },
  "providers/gogs": {
    folder: "providers/src/gogs/",
    about: "Gogs.",
    files: { "Gogs.ts": "The entry point.", "GogsWebhook.ts": "How it signs." }
  },
  "providers/highlevel": {
    folder: "providers/src/highlevel/",
    about: "HighLevel.",
    files: { "HighLevel.ts": "The entry point.", "HighLevelWebhook.ts": "How it signs." }
  },
  "providers/jobber": {
    folder: "providers/src/jobber/",
    about: "Jobber.",
    files: { "Jobber.ts": "The entry point.", "JobberWebhook.ts": "How it signs." }
  },
  "providers/klaviyo": {
    folder: "providers/src/klaviyo/",
    about: "Klaviyo.",
    files: { "Klaviyo.ts": "The entry point.", "KlaviyoWebhook.ts": "How it signs." }
  },
  "providers/mandrill": {
    folder: "providers/src/mandrill/",
    about: "Mandrill.",
    files: { "Mandrill.ts": "The entry point.", "MandrillWebhook.ts": "How it signs." }
  },
  "providers/mollie": {
    folder: "providers/src/mollie/",
    about: "Mollie.",
    files: { "Mollie.ts": "The entry point.", "MollieWebhook.ts": "How it signs." }
  },
  "providers/netlify": {
    folder: "providers/src/netlify/",
    about: "Netlify.",
    files: { "Netlify.ts": "The entry point.", "NetlifyWebhook.ts": "How it signs." }
  },
  "providers/pandadoc": {
    folder: "providers/src/pandadoc/",
    about: "PandaDoc.",
    files: { "PandaDoc.ts": "The entry point.", "PandaDocWebhook.ts": "How it signs." }
  },
  "providers/paystack": {
    folder: "providers/src/paystack/",
    about: "Paystack.",
    files: { "Paystack.ts": "The entry point.", "PaystackWebhook.ts": "How it signs." }
  },
  "providers/pipedrive": {
    folder: "providers/src/pipedrive/",
    about: "Pipedrive.",
    files: { "Pipedrive.ts": "The entry point.", "PipedriveWebhook.ts": "How it signs." }
  },
  "providers/posthog": {
    folder: "providers/src/posthog/",
    about: "PostHog.",
    files: { "PostHog.ts": "The entry point.", "PostHogWebhook.ts": "How it signs." }
  },
  "providers/quickbooks": {
    folder: "providers/src/quickbooks/",
    about: "QuickBooks Online.",
    files: { "QuickBooks.ts": "The entry point.", "QuickBooksWebhook.ts": "How it signs." }
  },
  "providers/segment": {
    folder: "providers/src/segment/",
    about: "Segment.",
    files: { "Segment.ts": "The entry point.", "SegmentWebhook.ts": "How it signs." }
  },
  "providers/sellsy": {
    folder: "providers/src/sellsy/",
    about: "Sellsy.",
    files: { "Sellsy.ts": "The entry point.", "SellsyWebhook.ts": "How it signs." }
  },
  "providers/veriff": {
    folder: "providers/src/veriff/",
    about: "Veriff.",
    files: { "Veriff.ts": "The entry point.", "VeriffWebhook.ts": "How it signs." }
  }
}
