/** Where a package decides otherwise than the strict reading does. */
export interface Difference {
  /** What it accepts and we refuse. */
  readonly laxer?: ReadonlyArray<string>
  /** What was signed, and it refuses nevertheless. */
  readonly narrower?: ReadonlyArray<string>
}

/** By the id of the scheme; a package that is not here decides every delivery of the battery as we do. */
export const differences: Readonly<Record<string, Difference>> = {
  "adyen-platform": { narrower: ["signed bytes that are not UTF-8"] },
  anthropic: {
    laxer: ["junk after the time"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"]
  },
  clerk: {
    laxer: ["junk after the time", "a byte order mark in front"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"]
  },
  cloudinary: { laxer: ["a day ahead"], narrower: ["signed bytes that are not UTF-8"] },
  "cloudinary-sha256": { laxer: ["a day ahead"], narrower: ["signed bytes that are not UTF-8"] },
  "coinbase-commerce": { narrower: ["signed bytes that are not UTF-8"] },
  contentful: { laxer: ["a day ahead", "junk after the time"] },
  creem: { narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"] },
  discord: { laxer: ["a day old", "a day ahead", "another spelling of the signature"] },
  "discord-events": { laxer: ["a day old", "a day ahead", "another spelling of the signature"] },
  dodopayments: {
    laxer: ["junk after the time"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"]
  },
  github: { narrower: ["signed bytes that are not UTF-8", "a signed empty body"] },
  gocardless: { laxer: ["the signature twice", "another spelling of the signature"] },
  line: {
    laxer: [
      "the signature twice",
      "a signature with more behind it",
      "another spelling of the signature",
      "a signature header of 64 KiB"
    ]
  },
  "meta-whatsapp": {
    laxer: ["the signature twice", "another spelling of the signature", "a signature header of 64 KiB"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8"]
  },
  mux: {
    laxer: ["a day ahead", "junk after the time", "the signature twice", "a signature header of 64 KiB"],
    narrower: ["signed bytes that are not UTF-8"]
  },
  notion: { laxer: ["another spelling of the signature"], narrower: ["signed bytes that are not UTF-8"] },
  onfido: {
    laxer: ["the signature twice", "another spelling of the signature"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"]
  },
  openai: {
    laxer: ["a signature with more behind it", "another spelling of the signature", "a signature header of 64 KiB"],
    narrower: ["signed bytes that are not UTF-8"]
  },
  paddle: {
    laxer: ["a day ahead", "junk after the time", "a signature header of 64 KiB"],
    narrower: ["signed bytes that are not UTF-8"]
  },
  plivo: { laxer: ["a signature header of 64 KiB"] },
  "plivo-messages": { narrower: ["the signature twice"] },
  polar: {
    laxer: ["another spelling of the signature", "a byte order mark in front"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"]
  },
  pusher: { laxer: ["a day old", "a day ahead"] },
  razorpay: { narrower: ["signed bytes that are not UTF-8"] },
  replicate: {
    laxer: ["a day old", "a day ahead"],
    narrower: ["signed bytes that are not UTF-8", "a signed empty body"]
  },
  resend: {
    laxer: ["junk after the time"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8"]
  },
  retell: { narrower: ["signed bytes that are not UTF-8"] },
  sanity: { laxer: ["a day old", "a day ahead"], narrower: ["signed bytes that are not UTF-8", "a signed empty body"] },
  slack: { laxer: ["a day ahead"], narrower: ["signed bytes that are not UTF-8"] },
  "standard-webhooks": {
    laxer: ["junk after the time"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8"]
  },
  stripe: {
    laxer: [
      "a day ahead",
      "junk after the time",
      "the signature twice",
      "a signature header of 64 KiB",
      "a byte order mark in front"
    ],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"]
  },
  svix: { laxer: ["junk after the time"], narrower: ["signed bytes that are not UTF-8"] },
  telnyx: {
    laxer: [
      "a day ahead",
      "the signature twice",
      "a signature with more behind it",
      "another spelling of the signature",
      "a signature header of 64 KiB"
    ],
    narrower: ["signed bytes that are not UTF-8"]
  },
  twitch: {
    laxer: [
      "a day old",
      "a day ahead",
      "the signature twice",
      "another spelling of the signature",
      "a signature header of 64 KiB"
    ],
    narrower: ["signed bytes that are not UTF-8"]
  },
  vonage: { laxer: ["another body", "a day old", "a day ahead", "an empty body", "a byte order mark in front"] },
  webflow: { laxer: ["a day old", "a day ahead"], narrower: ["signed bytes that are not UTF-8"] },
  workos: { laxer: ["a day ahead", "the signature twice"], narrower: ["signed bytes that are not UTF-8"] },
  zoom: {
    laxer: ["a day old", "a day ahead"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"]
  },
  elevenlabs: {
    laxer: ["a day ahead", "the signature twice"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8", "a signed empty body"]
  },
  "hubspot-v1": { narrower: ["signed bytes that are not UTF-8"] },
  "hubspot-v2": { narrower: ["signed bytes that are not UTF-8"] },
  "hubspot-v3": { laxer: ["a day ahead"], narrower: ["signed bytes that are not UTF-8"] },
  square: { narrower: ["signed bytes that are not UTF-8"] },
  "trigger.dev": {
    laxer: ["a byte order mark in front"],
    narrower: ["a signed byte order mark", "signed bytes that are not UTF-8"]
  }
}
