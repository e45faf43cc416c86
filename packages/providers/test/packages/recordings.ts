/** The packages whose verdicts are recorded, by the id of the scheme; `record.ts` says how. */
export const recordings: Readonly<Record<string, string>> = {
  elevenlabs: "@elevenlabs/elevenlabs-js",
  "hubspot-v1": "@hubspot/api-client",
  "hubspot-v2": "@hubspot/api-client",
  "hubspot-v3": "@hubspot/api-client",
  square: "square",
  "trigger.dev": "@trigger.dev/sdk"
}

/** What a package decided. */
export interface Recorded {
  readonly package: string
  readonly version: string
  /** Of the deliveries that were put before it. */
  readonly fingerprint: string
  readonly verdicts: Readonly<Record<string, boolean>>
}
