import * as AuthError from "../../AuthError.ts"
import { CredentialsUnavailable } from "../../Credentials.ts"

/** No credentials for this request, for a reason that the error of the call carries. */
export const unusable = (integration: string, reason: AuthError.Reason): CredentialsUnavailable => {
  const cause = new AuthError.AuthError({ integration, reason })
  return new CredentialsUnavailable({ reason: cause.message.slice(integration.length + 2), cause })
}
