/**
 * The files that may import modules of Effect that are not marked stable, and which. A minor release of Effect may
 * change these: the fewer files hold them, the less there is to follow.
 */
export const unstable: Readonly<Record<string, ReadonlyArray<string>>> = {
  "core/src/auth/Auth.ts": ["effect/http"],
  "core/src/auth/Credentials.ts": ["effect/http"],
  "core/src/client/Endpoint.ts": ["effect/http", "effect/http-api"],
  "core/src/client/Integration.ts": ["effect/http", "effect/http-api"],
  "core/src/client/Reply.ts": ["effect/http", "effect/http-api"],
  "core/src/client/internal/Invocation.ts": ["effect/http", "effect/http-api"],
  "core/src/client/internal/Mocking.ts": ["effect/http", "effect/http-api"],
  "core/src/client/internal/Placed.ts": ["effect/http-api"],
  "core/src/client/internal/Reflection.ts": ["effect/http-api"],
  "core/src/client/internal/RequestEncoder.ts": ["effect/http", "effect/http-api"],
  "core/src/client/internal/ResponseDecoder.ts": [
    "effect/ByteSize",
    "effect/encoding",
    "effect/http",
    "effect/http-api"
  ],
  "core/src/policy/Cache.ts": ["effect/http"],
  "core/src/policy/CacheControl.ts": ["effect/http"],
  "core/src/policy/CacheStore.ts": ["effect/persistence"],
  "core/src/policy/CacheStoreRedis.ts": ["effect/persistence"],
  "core/src/policy/Coalesce.ts": ["effect/http"],
  "core/src/policy/BreakerStoreRedis.ts": ["effect/persistence"],
  "core/src/policy/Exchange.ts": ["effect/http"],
  "core/src/policy/Failure.ts": ["effect/http"],
  "core/src/policy/RateLimitStoreRedis.ts": ["effect/persistence"],
  "core/src/policy/internal/rateLimit/RedisDesk.ts": ["effect/persistence"],
  "core/src/policy/internal/rateLimit/redisStore.ts": ["effect/persistence"],
  "core/src/policy/RetryBudgetStoreRedis.ts": ["effect/persistence"],
  "core/src/policy/internal/cache/KeyValueEntries.ts": ["effect/persistence"],
  "core/src/policy/internal/cache/bufferedResponse.ts": ["effect/http"],
  "core/src/policy/internal/cache/cachingClient.ts": ["effect/http"],
  "core/src/policy/internal/cache/coalescingClient.ts": ["effect/http"],
  "core/src/policy/internal/cache/redisScripts.ts": ["effect/persistence"],
  "core/src/policy/internal/breaker/redisCircuits.ts": ["effect/persistence"],
  "core/src/policy/internal/breaker/redisScripts.ts": ["effect/persistence"],
  "core/src/testing/Mock.ts": ["effect/encoding", "effect/http", "effect/http-api"],
  "core/src/webhook/Inbox.ts": ["effect/sql"],
  "core/src/webhook/InboxStoreSql.ts": ["effect/sql"],
  "core/src/webhook/WebhookReceiver.ts": ["effect/http"],
  "core/src/webhook/WebhookSender.ts": ["effect/http"],
  "node/src/Sqlite.ts": ["effect/reactivity", "effect/sql"],
  "node/src/Transport.ts": ["effect/http"],
  "providers/src/github/GitHubAuth.ts": ["effect/http"]
}
