import { Redacted } from "effect"

export const secret = Redacted.make("whsec_cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA==")
export const topic = "arn:aws:sns:eu-west-1:123456789012:orders"
export const certificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
