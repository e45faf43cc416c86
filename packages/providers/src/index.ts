/**
 * The providers, one module each, and their signature schemes by id.
 *
 * @since 0.1.0
 */
import type { SignatureScheme } from "@causeway/core/webhook"
import { scheme as adobeSign } from "./adobe-sign/AdobeSignWebhook.ts"
import { paymentsScheme as adyenPayments, platformScheme as adyenPlatform } from "./adyen/AdyenWebhook.ts"
import { scheme as airtable } from "./airtable/AirtableWebhook.ts"
import { scheme as airwallex } from "./airwallex/AirwallexWebhook.ts"
import { scheme as anthropic } from "./anthropic/AnthropicWebhook.ts"
import { scheme as asana } from "./asana/AsanaWebhook.ts"
import { scheme as ashby } from "./ashby/AshbyWebhook.ts"
import {
  installScheme as atlassianConnectInstall,
  scheme as atlassianConnect
} from "./atlassian-connect/AtlassianConnectWebhook.ts"
import { scheme as attio } from "./attio/AttioWebhook.ts"
import { scheme as awsSns } from "./aws-sns/AwsSnsWebhook.ts"
import { scheme as azureDevops } from "./azure-devops/AzureDevOpsWebhook.ts"
import { scheme as bitbucket } from "./bitbucket/BitbucketWebhook.ts"
import { scheme as bitbucketServer } from "./bitbucket-server/BitbucketServerWebhook.ts"
import { scheme as box } from "./box/BoxWebhook.ts"
import { scheme as braintree } from "./braintree/BraintreeWebhook.ts"
import { scheme as brex } from "./brex/BrexWebhook.ts"
import { scheme as calCom } from "./cal-com/CalComWebhook.ts"
import { scheme as calendly } from "./calendly/CalendlyWebhook.ts"
import { scheme as chargebee } from "./chargebee/ChargebeeWebhook.ts"
import { scheme as checkr } from "./checkr/CheckrWebhook.ts"
import { scheme as clerk } from "./clerk/ClerkWebhook.ts"
import { scheme as clickup } from "./clickup/ClickUpWebhook.ts"
import { scheme as cloudinary, sha256Scheme as cloudinarySha256 } from "./cloudinary/CloudinaryWebhook.ts"
import { scheme as coinbaseCommerce } from "./coinbase-commerce/CoinbaseCommerceWebhook.ts"
import { scheme as connectwisePsa } from "./connectwise-psa/ConnectWisePsaWebhook.ts"
import { scheme as contentful } from "./contentful/ContentfulWebhook.ts"
import { scheme as creem } from "./creem/CreemWebhook.ts"
import { scheme as cursor } from "./cursor/CursorWebhook.ts"
import { scheme as deepgram, tokenScheme as deepgramToken } from "./deepgram/DeepgramWebhook.ts"
import { eventsScheme as discordEvents, scheme as discord } from "./discord/DiscordWebhook.ts"
import { scheme as docusign } from "./docusign/DocuSignWebhook.ts"
import { scheme as dodopayments } from "./dodopayments/DodoPaymentsWebhook.ts"
import { scheme as dropbox } from "./dropbox/DropboxWebhook.ts"
import { scheme as dropboxSign } from "./dropbox-sign/DropboxSignWebhook.ts"
import { scheme as easypost } from "./easypost/EasyPostWebhook.ts"
import { scheme as elevenlabs } from "./elevenlabs/ElevenLabsWebhook.ts"
import { scheme as fathom } from "./fathom/FathomWebhook.ts"
import { scheme as figma } from "./figma/FigmaWebhook.ts"
import { scheme as firecrawl } from "./firecrawl/FirecrawlWebhook.ts"
import { scheme as fireflies, schemeV1 as firefliesV1 } from "./fireflies/FirefliesWebhook.ts"
import { rsaScheme as fusionauthRsa, scheme as fusionauth } from "./fusionauth/FusionAuthWebhook.ts"
import { scheme as gitea } from "./gitea/GiteaWebhook.ts"
import { scheme as github } from "./github/GitHubWebhook.ts"
import { scheme as gitlab, signedScheme as gitlabSigned } from "./gitlab/GitLabWebhook.ts"
import { scheme as gocardless } from "./gocardless/GoCardlessWebhook.ts"
import { scheme as gogs } from "./gogs/GogsWebhook.ts"
import { scheme as gong } from "./gong/GongWebhook.ts"
import {
  calendarScheme as googleCalendar,
  driveScheme as googleDrive,
  pubSubScheme as googlePubsub
} from "./google/GoogleWebhook.ts"
import { scheme as greenhouse } from "./greenhouse/GreenhouseWebhook.ts"
import { rsaScheme as highlevelRsa, scheme as highlevel } from "./highlevel/HighLevelWebhook.ts"
import { scheme as hookdeck } from "./hookdeck/HookdeckWebhook.ts"
import { scheme as hubspotV3, schemeV1 as hubspotV1, schemeV2 as hubspotV2 } from "./hubspot/HubSpotWebhook.ts"
import { scheme as incidentIo } from "./incident-io/IncidentIoWebhook.ts"
import { scheme as intercom } from "./intercom/IntercomWebhook.ts"
import { scheme as jira } from "./jira/JiraWebhook.ts"
import { scheme as jobber } from "./jobber/JobberWebhook.ts"
import { scheme as klaviyo } from "./klaviyo/KlaviyoWebhook.ts"
import { scheme as langfuse } from "./langfuse/LangfuseWebhook.ts"
import { scheme as lemonSqueezy } from "./lemon-squeezy/LemonSqueezyWebhook.ts"
import { scheme as line } from "./line/LineWebhook.ts"
import { scheme as linear } from "./linear/LinearWebhook.ts"
import { legacyScheme as linqLegacy, scheme as linq } from "./linq/LinqWebhook.ts"
import { scheme as lithic } from "./lithic/LithicWebhook.ts"
import { scheme as livekit } from "./livekit/LiveKitWebhook.ts"
import { scheme as loops } from "./loops/LoopsWebhook.ts"
import { inboundScheme as mailgunInbound, scheme as mailgun } from "./mailgun/MailgunWebhook.ts"
import { scheme as mandrill } from "./mandrill/MandrillWebhook.ts"
import { scheme as messagebird } from "./messagebird/MessageBirdWebhook.ts"
import { scheme as metaWhatsapp } from "./meta-whatsapp/MetaWhatsAppWebhook.ts"
import { scheme as microsoftGraph } from "./microsoft-graph/MicrosoftGraphWebhook.ts"
import { scheme as microsoftTeams } from "./microsoft-teams/MicrosoftTeamsWebhook.ts"
import { scheme as mollie } from "./mollie/MollieWebhook.ts"
import { scheme as monday } from "./monday/MondayWebhook.ts"
import { scheme as mux } from "./mux/MuxWebhook.ts"
import { scheme as netlify } from "./netlify/NetlifyWebhook.ts"
import { scheme as notion } from "./notion/NotionWebhook.ts"
import { scheme as okta } from "./okta/OktaWebhook.ts"
import { scheme as onfido } from "./onfido/OnfidoWebhook.ts"
import { scheme as openai } from "./openai/OpenAIWebhook.ts"
import { scheme as paddle } from "./paddle/PaddleWebhook.ts"
import { scheme as pagerduty } from "./pagerduty/PagerDutyWebhook.ts"
import { scheme as pandadoc } from "./pandadoc/PandaDocWebhook.ts"
import { scheme as paypal } from "./paypal/PayPalWebhook.ts"
import { scheme as paystack } from "./paystack/PaystackWebhook.ts"
import { scheme as pipedrive, schemeV1 as pipedriveV1 } from "./pipedrive/PipedriveWebhook.ts"
import { scheme as plaid } from "./plaid/PlaidWebhook.ts"
import { scheme as planetscale } from "./planetscale/PlanetScaleWebhook.ts"
import { messageScheme as plivoMessages, scheme as plivo } from "./plivo/PlivoWebhook.ts"
import { scheme as polar } from "./polar/PolarWebhook.ts"
import { scheme as posthog } from "./posthog/PostHogWebhook.ts"
import { scheme as postmark } from "./postmark/PostmarkWebhook.ts"
import { scheme as pusher } from "./pusher/PusherWebhook.ts"
import { scheme as quickbooks } from "./quickbooks/QuickBooksWebhook.ts"
import { scheme as razorpay } from "./razorpay/RazorpayWebhook.ts"
import { scheme as render } from "./render/RenderWebhook.ts"
import { scheme as replicate } from "./replicate/ReplicateWebhook.ts"
import { scheme as resend } from "./resend/ResendWebhook.ts"
import { scheme as retell } from "./retell/RetellWebhook.ts"
import { scheme as revenuecat } from "./revenuecat/RevenueCatWebhook.ts"
import { scheme as rootly } from "./rootly/RootlyWebhook.ts"
import { scheme as salesforce } from "./salesforce/SalesforceWebhook.ts"
import { scheme as sanity } from "./sanity/SanityWebhook.ts"
import { scheme as segment } from "./segment/SegmentWebhook.ts"
import { scheme as sellsy } from "./sellsy/SellsyWebhook.ts"
import { inboundParseScheme as sendgridInboundParse, scheme as sendgrid } from "./sendgrid/SendGridWebhook.ts"
import { scheme as sentry } from "./sentry/SentryWebhook.ts"
import { eventsScheme as shopifyEvents, scheme as shopify } from "./shopify/ShopifyWebhook.ts"
import { scheme as slack } from "./slack/SlackWebhook.ts"
import { scheme as square } from "./square/SquareWebhook.ts"
import { scheme as standardWebhooks, svixScheme as svix } from "./standard-webhooks/StandardWebhooksWebhook.ts"
import { scheme as stripe } from "./stripe/StripeWebhook.ts"
import { scheme as supabase } from "./supabase/SupabaseWebhook.ts"
import { scheme as tailscale } from "./tailscale/TailscaleWebhook.ts"
import { scheme as telegram } from "./telegram/TelegramWebhook.ts"
import { scheme as telnyx } from "./telnyx/TelnyxWebhook.ts"
import { scheme as tiktok } from "./tiktok/TikTokWebhook.ts"
import { scheme as trello } from "./trello/TrelloWebhook.ts"
import { scheme as triggerDev } from "./trigger-dev/TriggerDevWebhook.ts"
import { scheme as twilio } from "./twilio/TwilioWebhook.ts"
import { scheme as twitch } from "./twitch/TwitchWebhook.ts"
import { scheme as typeform } from "./typeform/TypeformWebhook.ts"
import { scheme as vercel } from "./vercel/VercelWebhook.ts"
import { scheme as veriff } from "./veriff/VeriffWebhook.ts"
import { scheme as vonage } from "./vonage/VonageWebhook.ts"
import { scheme as webflow } from "./webflow/WebflowWebhook.ts"
import { scheme as woocommerce } from "./woocommerce/WooCommerceWebhook.ts"
import { scheme as workos } from "./workos/WorkOSWebhook.ts"
import { scheme as xero } from "./xero/XeroWebhook.ts"
import { scheme as zendesk } from "./zendesk/ZendeskWebhook.ts"
import { scheme as zohoDesk } from "./zoho-desk/ZohoDeskWebhook.ts"
import { scheme as zoom } from "./zoom/ZoomWebhook.ts"

export * from "./adobe-sign/AdobeSign.ts"
export * from "./adyen/Adyen.ts"
export * from "./airtable/Airtable.ts"
export * from "./airwallex/Airwallex.ts"
export * from "./anthropic/Anthropic.ts"
export * from "./asana/Asana.ts"
export * from "./ashby/Ashby.ts"
export * from "./atlassian-connect/AtlassianConnect.ts"
export * from "./attio/Attio.ts"
export * from "./aws-sns/AwsSns.ts"
export * from "./azure-devops/AzureDevOps.ts"
export * from "./bitbucket/Bitbucket.ts"
export * from "./bitbucket-server/BitbucketServer.ts"
export * from "./box/Box.ts"
export * from "./braintree/Braintree.ts"
export * from "./brex/Brex.ts"
export * from "./cal-com/CalCom.ts"
export * from "./calendly/Calendly.ts"
export * from "./chargebee/Chargebee.ts"
export * from "./checkr/Checkr.ts"
export * from "./clerk/Clerk.ts"
export * from "./clickup/ClickUp.ts"
export * from "./cloudinary/Cloudinary.ts"
export * from "./coinbase-commerce/CoinbaseCommerce.ts"
export * from "./connectwise-psa/ConnectWisePsa.ts"
export * from "./contentful/Contentful.ts"
export * from "./creem/Creem.ts"
export * from "./cursor/Cursor.ts"
export * from "./deepgram/Deepgram.ts"
export * from "./discord/Discord.ts"
export * from "./docusign/DocuSign.ts"
export * from "./dodopayments/DodoPayments.ts"
export * from "./dropbox/Dropbox.ts"
export * from "./dropbox-sign/DropboxSign.ts"
export * from "./easypost/EasyPost.ts"
export * from "./elevenlabs/ElevenLabs.ts"
export * from "./fathom/Fathom.ts"
export * from "./figma/Figma.ts"
export * from "./firecrawl/Firecrawl.ts"
export * from "./fireflies/Fireflies.ts"
export * from "./fusionauth/FusionAuth.ts"
export * from "./gitea/Gitea.ts"
export * from "./github/GitHub.ts"
export * from "./gitlab/GitLab.ts"
export * from "./gocardless/GoCardless.ts"
export * from "./gogs/Gogs.ts"
export * from "./gong/Gong.ts"
export * from "./google/Google.ts"
export * from "./greenhouse/Greenhouse.ts"
export * from "./highlevel/HighLevel.ts"
export * from "./hookdeck/Hookdeck.ts"
export * from "./hubspot/HubSpot.ts"
export * from "./incident-io/IncidentIo.ts"
export * from "./intercom/Intercom.ts"
export * from "./jira/Jira.ts"
export * from "./jobber/Jobber.ts"
export * from "./klaviyo/Klaviyo.ts"
export * from "./langfuse/Langfuse.ts"
export * from "./lemon-squeezy/LemonSqueezy.ts"
export * from "./line/Line.ts"
export * from "./linear/Linear.ts"
export * from "./linq/Linq.ts"
export * from "./lithic/Lithic.ts"
export * from "./livekit/LiveKit.ts"
export * from "./loops/Loops.ts"
export * from "./mailgun/Mailgun.ts"
export * from "./mandrill/Mandrill.ts"
export * from "./messagebird/MessageBird.ts"
export * from "./meta-whatsapp/MetaWhatsApp.ts"
export * from "./microsoft-graph/MicrosoftGraph.ts"
export * from "./microsoft-teams/MicrosoftTeams.ts"
export * from "./mollie/Mollie.ts"
export * from "./monday/Monday.ts"
export * from "./mux/Mux.ts"
export * from "./netlify/Netlify.ts"
export * from "./notion/Notion.ts"
export * from "./okta/Okta.ts"
export * from "./onfido/Onfido.ts"
export * from "./openai/OpenAI.ts"
export * from "./paddle/Paddle.ts"
export * from "./pagerduty/PagerDuty.ts"
export * from "./pandadoc/PandaDoc.ts"
export * from "./paypal/PayPal.ts"
export * from "./paystack/Paystack.ts"
export * from "./pipedrive/Pipedrive.ts"
export * from "./plaid/Plaid.ts"
export * from "./planetscale/PlanetScale.ts"
export * from "./plivo/Plivo.ts"
export * from "./polar/Polar.ts"
export * from "./posthog/PostHog.ts"
export * from "./postmark/Postmark.ts"
export * from "./pusher/Pusher.ts"
export * from "./quickbooks/QuickBooks.ts"
export * from "./razorpay/Razorpay.ts"
export * from "./render/Render.ts"
export * from "./replicate/Replicate.ts"
export * from "./resend/Resend.ts"
export * from "./retell/Retell.ts"
export * from "./revenuecat/RevenueCat.ts"
export * from "./rootly/Rootly.ts"
export * from "./salesforce/Salesforce.ts"
export * from "./sanity/Sanity.ts"
export * from "./segment/Segment.ts"
export * from "./sellsy/Sellsy.ts"
export * from "./sendgrid/SendGrid.ts"
export * from "./sentry/Sentry.ts"
export * from "./shopify/Shopify.ts"
export * from "./slack/Slack.ts"
export * from "./square/Square.ts"
export * from "./standard-webhooks/StandardWebhooks.ts"
export * from "./stripe/Stripe.ts"
export * from "./supabase/Supabase.ts"
export * from "./tailscale/Tailscale.ts"
export * from "./telegram/Telegram.ts"
export * from "./telnyx/Telnyx.ts"
export * from "./tiktok/TikTok.ts"
export * from "./trello/Trello.ts"
export * from "./trigger-dev/TriggerDev.ts"
export * from "./twilio/Twilio.ts"
export * from "./twitch/Twitch.ts"
export * from "./typeform/Typeform.ts"
export * from "./vercel/Vercel.ts"
export * from "./veriff/Veriff.ts"
export * from "./vonage/Vonage.ts"
export * from "./webflow/Webflow.ts"
export * from "./woocommerce/WooCommerce.ts"
export * from "./workos/WorkOS.ts"
export * from "./xero/Xero.ts"
export * from "./zendesk/Zendesk.ts"
export * from "./zoho-desk/ZohoDesk.ts"
export * from "./zoom/Zoom.ts"

/**
 * The signature schemes by their `id`.
 *
 * @since 0.1.0
 * @category schemes
 */
export const schemes = {
  "adobe-sign": adobeSign,
  "adyen-payments": adyenPayments,
  "adyen-platform": adyenPlatform,
  airtable,
  airwallex,
  anthropic,
  asana,
  ashby,
  "atlassian-connect": atlassianConnect,
  "atlassian-connect-install": atlassianConnectInstall,
  attio,
  "aws-sns": awsSns,
  "azure-devops": azureDevops,
  bitbucket,
  "bitbucket-server": bitbucketServer,
  box,
  braintree,
  brex,
  "cal-com": calCom,
  calendly,
  chargebee,
  checkr,
  clerk,
  clickup,
  cloudinary,
  "cloudinary-sha256": cloudinarySha256,
  "coinbase-commerce": coinbaseCommerce,
  "connectwise-psa": connectwisePsa,
  contentful,
  creem,
  cursor,
  deepgram,
  "deepgram-token": deepgramToken,
  discord,
  "discord-events": discordEvents,
  docusign,
  dodopayments,
  dropbox,
  "dropbox-sign": dropboxSign,
  easypost,
  elevenlabs,
  fathom,
  figma,
  firecrawl,
  fireflies,
  "fireflies-v1": firefliesV1,
  fusionauth,
  "fusionauth-rsa": fusionauthRsa,
  gitea,
  github,
  gitlab,
  "gitlab-signed": gitlabSigned,
  gocardless,
  gogs,
  gong,
  "google-calendar": googleCalendar,
  "google-drive": googleDrive,
  "google-pubsub": googlePubsub,
  greenhouse,
  highlevel,
  "highlevel-rsa": highlevelRsa,
  hookdeck,
  "hubspot-v1": hubspotV1,
  "hubspot-v2": hubspotV2,
  "hubspot-v3": hubspotV3,
  "incident-io": incidentIo,
  intercom,
  jira,
  jobber,
  klaviyo,
  langfuse,
  "lemon-squeezy": lemonSqueezy,
  line,
  linear,
  linq,
  "linq-legacy": linqLegacy,
  lithic,
  livekit,
  loops,
  mailgun,
  "mailgun-inbound": mailgunInbound,
  mandrill,
  messagebird,
  "meta-whatsapp": metaWhatsapp,
  "microsoft-graph": microsoftGraph,
  "microsoft-teams": microsoftTeams,
  mollie,
  monday,
  mux,
  netlify,
  notion,
  okta,
  onfido,
  openai,
  paddle,
  pagerduty,
  pandadoc,
  paypal,
  paystack,
  pipedrive,
  "pipedrive-v1": pipedriveV1,
  plaid,
  planetscale,
  plivo,
  "plivo-messages": plivoMessages,
  polar,
  posthog,
  postmark,
  pusher,
  quickbooks,
  razorpay,
  render,
  replicate,
  resend,
  retell,
  revenuecat,
  rootly,
  salesforce,
  sanity,
  segment,
  sellsy,
  sendgrid,
  "sendgrid-inbound-parse": sendgridInboundParse,
  sentry,
  shopify,
  "shopify-events": shopifyEvents,
  slack,
  square,
  "standard-webhooks": standardWebhooks,
  stripe,
  supabase,
  svix,
  tailscale,
  telegram,
  telnyx,
  tiktok,
  trello,
  "trigger.dev": triggerDev,
  twilio,
  twitch,
  typeform,
  vercel,
  veriff,
  vonage,
  webflow,
  woocommerce,
  workos,
  xero,
  zendesk,
  "zoho-desk": zohoDesk,
  zoom
} as const satisfies Readonly<Record<string, SignatureScheme.SignatureScheme>>
