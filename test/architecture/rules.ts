/** What the architecture is, as data. `check.ts` holds the sources against it. */

/**
 * Which rooms each room may import. A room is a folder of `core/src` or of `providers/src`; `core`, `node`, `providers`
 * and `cli` by themselves are the files at the top of those packages. `*` stands for one name.
 */
export const arrows: Readonly<Record<string, ReadonlyArray<string>>> = {
  "core/crypto": [],
  "core/policy": ["core/crypto"],
  "core/auth": ["core/policy", "core/crypto"],
  "core/client": ["core/auth", "core/policy", "core/crypto"],
  "core/webhook": ["core/policy", "core/crypto"],
  "core/testing": ["core/webhook", "core/client", "core/auth", "core/policy", "core/crypto"],
  core: ["core/webhook", "core/client", "core/auth", "core/policy", "core/crypto"],
  node: ["core", "core/*"],
  "providers/*": ["core", "core/*"],
  providers: ["providers/*", "core", "core/*"],
  cli: ["providers", "providers/*", "node", "core", "core/*"]
}

/** Internal files that rooms above their own may import. Everything else that is internal stays in its room. */
export const openedTo: Readonly<Record<string, ReadonlyArray<string>>> = {
  // A mock answers with the statuses and schemas that the client reads from the same endpoint.
  "core/src/client/internal/Reflection.ts": ["core/testing"],
  // A mock ends a stream of events and sends their errors as the client expects them.
  "core/src/client/internal/eventRules.ts": ["core/testing"],
  // Tokens and events are sealed in the same way.
  "core/src/policy/internal/cipher.ts": ["core/auth", "core/webhook"],
  "core/src/policy/internal/cipherKeys.ts": ["core/auth", "core/webhook"],
  // Options that take what a strategy's constructor made are checked alike.
  "core/src/policy/internal/made.ts": ["core/auth", "core/client", "core/testing"],
  "core/src/policy/internal/policyCheck.ts": ["core/auth", "core/client"],
  // An event that is stored has a time limit, as an attempt has.
  "core/src/policy/internal/engine/timeLimit.ts": ["core/client", "core/webhook"],
  // A method of an integration is a call over HTTP with credentials and codecs.
  "core/src/policy/internal/engine/HttpCall.ts": ["core/client"],
  // Most deliveries are short, and each needs one.
  "core/src/policy/internal/shortMac.ts": ["core/webhook"],
  // A misspelled option is answered with the name that was meant, wherever it is.
  "core/src/policy/internal/nearest.ts": ["core/client"],
  "core/src/policy/internal/slotNames.ts": ["core/client"],
  // What has ended already needs no fibre, wherever it is.
  "core/src/policy/internal/AtOnce.ts": ["core/auth", "core/client", "core/webhook"]
}

/** Rooms that need no `index.ts`, because a module of theirs is the entry point. */
export const withoutIndex: ReadonlyArray<string> = ["providers/*"]

/** The endings of the four files a provider may have, after the provider's own name. */
export const providerFiles: ReadonlyArray<string> = ["", "Api", "Auth", "Webhook"]

/** The modules of Node a package may import; a package that isn't here may import all of them. */
export const nodeModules: Readonly<Record<string, ReadonlyArray<string>>> = {
  core: ["node:crypto"],
  providers: []
}

/** Packages that only these rooms may import. */
export const heldBy: Readonly<Record<string, ReadonlyArray<string>>> = {
  jose: ["core/auth"],
  oauth4webapi: ["core/auth"],
  undici: ["node"]
}

/** Names that say nothing about what is inside. */
export const emptyNames: ReadonlySet<string> = new Set([
  "common",
  "default",
  "helper",
  "helpers",
  "misc",
  "shared",
  "util",
  "utils"
])
