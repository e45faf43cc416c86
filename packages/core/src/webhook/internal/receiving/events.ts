import type { Result } from "effect"
import type { WebhookError } from "../../WebhookError.ts"
import type { SignatureScheme } from "../../SignatureScheme.ts"
import type { Verified } from "../../WebhookVerifier.ts"
import * as Batches from "../batch.ts"
import { Delivery } from "../delivery.ts"
import * as DeliveryHeaders from "../deliveryHeaders.ts"
import * as Identities from "../identity.ts"
import { attempt } from "../refusal.ts"

/** An event of a verified delivery. */
export type Event = Batches.Item

/** What a verified delivery holds: one event, or any number of them. */
export type Events =
  | { readonly _tag: "One"; readonly event: Event }
  | { readonly _tag: "Items"; readonly items: ReadonlyArray<Event> }

export const read = (
  scheme: SignatureScheme,
  request: Pick<Delivery, "method" | "url" | "headers" | "body">,
  verified: Verified
): Result.Result<Events, WebhookError> =>
  attempt(scheme.id, () => {
    const headers = DeliveryHeaders.renamed(scheme.headerAliases, request.headers)
    const delivery = new Delivery({ ...request, headers })
    const items = Batches.split(scheme, delivery)
    if (items !== undefined) {
      return { _tag: "Items", items: items.map((item) => ({ ...item, type: item.type ?? verified.type })) }
    }
    const { type } = verified
    const recognition = Identities.recognize(scheme, delivery)
    return { _tag: "One", event: { type, recognition, ...contentOf(delivery) } }
  })

type Content = Pick<Event, "body" | "contentType">

/** The query of a request without a body is a form, as a POST would have it. */
const contentOf = (delivery: Delivery): Content =>
  delivery.method === "GET"
    ? {
        body: Buffer.from(delivery.parsedUrl()?.search.slice(1) ?? ""),
        contentType: "application/x-www-form-urlencoded"
      }
    : { body: delivery.body, contentType: undefined }
