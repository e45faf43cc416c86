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
  "core/policy": {
    folder: "core/src/policy/",
    about: "How a call is made: strategies as data, and the one engine that runs them.",
    files: {
      "index.ts": "The modules of the room.",
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
      "Hedge.ts": "Hedging: a second attempt beside a slow one, and when it begins.",
      "InFlight.ts": "What is in flight, and who waits, fairly.",
      "InvalidOption.ts": "The error of an option that makes no sense.",
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
      "internal/AtOnce.ts": "Goes on without a fibre where an effect has ended already.",
      "internal/BoundedKeys.ts": "A map that drops its least recently used keys.",
      "internal/breaker/AnyOf.ts": "Several strategies side by side.",
      "internal/breaker/CallRate.ts": "A rate over the last so many attempts.",
      "internal/breaker/Circuit.ts": "One circuit in memory: its phase, its counts, and how they change.",
      "internal/breaker/InARow.ts": "Counts the failures since the last success.",
      "internal/breaker/Rate.ts": "Trips by the share of bad attempts in a window.",
      "internal/breaker/StoreAccess.ts": "Asks a store that may be away, in time and seldom.",
      "internal/breaker/Tally.ts": "What a closed circuit has counted.",
      "internal/breaker/TimeRate.ts": "A rate over the attempts of some time, in buckets.",
      "internal/breaker/model.ts": "What a breaker says: phases, transitions, admissions, snapshots.",
      "internal/breaker/openMillis.ts": "How long each opening in a row lasts.",
      "internal/breaker/redisCircuits.ts": "The store over Redis: asks the scripts and reads their answers.",
      "internal/breaker/redisScripts.ts": "The scripts that decide in Redis.",
      "internal/breaker/tallyOf.ts": "The tally of a breaker's strategies.",
      "Deadline.ts": "The longest that a whole call takes.",
      "Fallback.ts": "Another call when one fails.",
      "PolicyClient.ts": "A policy around any HttpClient.",
      "Telemetry.ts": "Metrics of every call.",
      "internal/engine/deadlineMillis.ts": "How long a call may take.",
      "internal/engine/debug.ts": "Whether refusals have stacks.",
      "internal/compiledPolicy.ts": "A policy whose slots are validated.",
      "internal/describe.ts": "Says a policy in words.",
      "internal/engine/Alarms.ts": "What is to be done at a time, for many at once with one timer.",
      "internal/engine/Gate.ts": "What stands before an attempt: it passes now, later, or not at all.",
      "internal/engine/Running.ts": "One call while it runs.",
      "internal/engine/breakerGate.ts": "The circuit breaker as a gate.",
      "internal/engine/hedging.ts": "A second attempt beside a slow first one.",
      "internal/engine/inFlightGate.ts": "Bulkhead and concurrency limit as a gate.",
      "internal/engine/model.ts": "What an engine runs: calls, attempts, and how they fail.",
      "internal/engine/rateLimitGate.ts": "The rate limit as a gate.",
      "internal/engine/retryBudgetGate.ts": "Successes that pay for retries.",
      "internal/engine/throttleGate.ts": "Adaptive throttling as a gate.",
      "internal/engine/timeLimit.ts": "Ends an attempt that takes too long.",
      "internal/LatencyHistogram.ts": "How long the latest things took, in fixed memory.",
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
      "internal/cache/redisScripts.ts": "The scripts of the cache in Redis.",
      "internal/cache/secretNames.ts": "The names of headers that say who asks.",
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
      "internal/rateLimit/Runs.ts": "Turns in the order of their times, close ones together.",
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
      "Auth.ts": "API key, Basic, bearer, or none.",
      "Credentials.ts": "The service, one per integration, that authorizes each attempt."
    }
  },
  "core/client": {
    folder: "core/src/client/",
    about: "What a provider offers, as one typed service.",
    files: {
      "index.ts": "The modules of the room.",
      "Endpoint.ts": "An endpoint: an HttpApiEndpoint that remembers its policy in its type.",
      "Integration.ts": "A provider's endpoints, policy and Layers as one class.",
      "Pagination.ts": "How to go from one page of a list to the next.",
      "Reply.ts": "The seam at which a mock answers instead of the network.",
      "internal/Sharing.ts": "A cache and coalescing in front of the engine.",
      "internal/Tracing.ts": "Spans and debug lines of calls and attempts, where somebody wants them.",
      "internal/Invocation.ts": "Makes the methods of an integration from its endpoints.",
      "internal/Mocking.ts": "An integration whose network is a table of replies.",
      "internal/Placed.ts": "An endpoint together with its group.",
      "internal/Reflection.ts": "Reads an endpoint's successes and errors by status.",
      "internal/RequestEncoder.ts": "Encodes the parts of a call into a request.",
      "internal/ResponseDecoder.ts": "Decodes a response by status into a success or a declared error."
    }
  },
  "core/webhook": {
    folder: "core/src/webhook/",
    about: "Events in and out: schemes, verification, inbox, sending, dead letters.",
    files: {
      "index.ts": "The modules of the room.",
      "Attempt.ts": "One attempt to handle or to send an event.",
      "Handshake.ts": "Answers a provider's challenge to an endpoint.",
      "Inbox.ts": "Handles what is stored, retries it and keeps it to be looked at.",
      "InboxStore.ts": "Where the inbox keeps its events.",
      "InboxStoreMemory.ts": "The inbox store in memory.",
      "InboxStoreSql.ts": "The inbox store in a database.",
      "SignatureScheme.ts": "How a provider signs, as data.",
      "WebhookError.ts": "The one error of the room, with a tagged reason.",
      "WebhookEvent.ts": "An event as the inbox keeps it.",
      "WebhookReceiver.ts": "The route that reads, verifies, stores and answers.",
      "WebhookSender.ts": "Sends an event, signed anew at each attempt, until it arrives or is given up.",
      "WebhookSigner.ts": "Signs an event from the record that verifies it.",
      "WebhookVerifier.ts": "Decides whether a delivery was signed with one of our secrets.",
      "internal/deliveryHeaders.ts": "Reads a delivery's headers and refuses repeated ones.",
      "internal/encodings.ts": "Hex and base64, canonical forms only.",
      "internal/eventFields.ts": "Finds an event's id and type in its headers or body.",
      "internal/inboxWorker.ts": "Handles the events of one source.",
      "internal/refusal.ts": "How a refusal ends a verification: thrown inside, a Result outside.",
      "internal/signatureHeader.ts": "Reads the signatures that a delivery claims to have.",
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
      "Sqlite.ts": "An SqlClient over the SQLite that is built into Node.",
      "Transport.ts": "An HttpClient over undici with a connection pool of its own.",
      "internal/transport/Client.ts": "Sends requests of Effect's HttpClient.",
      "internal/transport/Failure.ts": "What undici says went wrong, in Effect's words.",
      "internal/transport/InFlight.ts": "One request between its dispatch and its end.",
      "internal/transport/Pool.ts": "The dispatcher: connections, certificates, proxies.",
      "internal/transport/Redirects.ts":
        "Follows redirects where it was asked to, without credentials to other origins.",
      "internal/transport/ResponseBody.ts": "A body as it comes: held, streamed, or let go of.",
      "internal/transport/Target.ts": "The origin and the path of a request.",
      "internal/transport/TransportResponse.ts": "A response of Effect's HttpClient.",
      "internal/transport/Upload.ts": "The headers and the body of a request."
    }
  },
  providers: {
    folder: "providers/src/",
    about: "The providers, and their signature schemes by id.",
    files: { "index.ts": "All providers in one import." }
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
  "providers/shopify": {
    folder: "providers/src/shopify/",
    about: "Shopify.",
    files: { "Shopify.ts": "The entry point.", "ShopifyWebhook.ts": "How it signs." }
  },
  "providers/slack": {
    folder: "providers/src/slack/",
    about: "Slack.",
    files: { "Slack.ts": "The entry point.", "SlackWebhook.ts": "How it signs events, interactions and commands." }
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
  }
}
