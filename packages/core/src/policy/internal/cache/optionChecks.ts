/** What the options of a cache and of its client accept. */
import type * as Cache from "../../Cache.ts"
import * as OptionCheck from "../../OptionCheck.ts"
import { hasMethods, isMade } from "../made.ts"

export const checkOptions = OptionCheck.record<Cache.Options>({
  maxBytes: OptionCheck.integer(1),
  maxEntries: OptionCheck.integer(1),
  maxBodyBytes: OptionCheck.integer(0),
  defaultTtl: OptionCheck.duration,
  heuristics: OptionCheck.flag,
  staleWhileRevalidate: OptionCheck.duration,
  staleIfError: OptionCheck.duration,
  revalidateWithin: OptionCheck.duration,
  methods: OptionCheck.list(OptionCheck.oneOf("GET", "HEAD")),
  key: OptionCheck.callback
})

export const checkClientOptions = OptionCheck.record<Cache.ClientOptions>({
  store: OptionCheck.satisfies("a CacheStore", (store) => hasMethods(store, "get", "put", "remove")),
  partition: OptionCheck.callback
})

export const checkCache = OptionCheck.satisfies("what Cache.make returns", (cache) =>
  isMade("~causeway/policy/Cache", cache)
)
