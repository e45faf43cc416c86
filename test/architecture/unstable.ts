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
  "core/src/policy/Exchange.ts": ["effect/http"],
  "core/src/policy/Failure.ts": ["effect/http"],
  "core/src/testing/Mock.ts": ["effect/encoding", "effect/http", "effect/http-api"],
  "core/src/webhook/Inbox.ts": ["effect/sql"],
  "core/src/webhook/InboxStoreSql.ts": ["effect/sql"],
  "core/src/webhook/WebhookKeys.ts": ["effect/http"],
  "core/src/webhook/WebhookReceiver.ts": ["effect/http"],
  "core/src/webhook/WebhookSender.ts": ["effect/http"],
  "node/src/Sqlite.ts": ["effect/reactivity", "effect/sql"],
  "node/src/Transport.ts": ["effect/http"],
  "providers/src/github/GitHubAuth.ts": ["effect/http"]
}
