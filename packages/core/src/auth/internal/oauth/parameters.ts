import type { OAuthQuirks } from "../../OAuthQuirks.ts"

export type Parameters = ReadonlyArray<readonly [string, string]>

/** What most questions for a token may say. */
export interface Wishes {
  readonly scope?: string | ReadonlyArray<string> | undefined
  readonly resource?: string | ReadonlyArray<string> | undefined
  readonly audience?: string | ReadonlyArray<string> | undefined
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

const each = (name: string, values: string | ReadonlyArray<string> | undefined): Parameters =>
  (typeof values === "string" ? [values] : (values ?? [])).map((value) => [name, value] as const)

/** Wishes as parameters; what a caller adds does not replace what the grant says itself. */
export const wished = (
  { audience, parameters = {}, resource, scope }: Wishes,
  { scopeSeparator }: Pick<OAuthQuirks, "scopeSeparator">,
  own: Parameters
): Parameters => {
  const scopes = typeof scope === "string" ? scope : (scope ?? []).join(scopeSeparator)
  const said = [
    ...own,
    ...(scopes === "" ? [] : [["scope", scopes] as const]),
    ...each("resource", resource),
    ...each("audience", audience)
  ]
  const taken = new Set(said.map(([name]) => name))
  return [...said, ...Object.entries(parameters).filter(([name]) => !taken.has(name))]
}
