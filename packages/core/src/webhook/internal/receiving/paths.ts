import { InvalidOption } from "../../../policy/InvalidOption.ts"

/** What a path says. */
export interface Found {
  readonly source: string | undefined
  readonly tenant: string | undefined
}

/** A path with the segments `:source` and `:tenant`, or without. */
export interface Path {
  readonly hasSource: boolean
  readonly hasTenant: boolean
  readonly match: (url: string) => Found | undefined
}

export const make = (template: string): Path => {
  const wanted = segmentsOf(template)
  const [source, tenant] = [wanted.indexOf(":source"), wanted.indexOf(":tenant")]
  checkTemplate(template, wanted)
  if (source < 0 && tenant < 0) return fixed(template.replace(/(?<=.)\/$/, ""))
  return {
    hasSource: source >= 0,
    hasTenant: tenant >= 0,
    match: (url) => {
      const segments = segmentsOf(pathOf(url))
      if (segments.length !== wanted.length) return undefined
      if (!wanted.every((segment, index) => segment.startsWith(":") || segment === segments[index])) return undefined
      const [sourceText, tenantText] = [decode(segments[source]), decode(segments[tenant])]
      const isWhole = (source < 0 || sourceText !== undefined) && (tenant < 0 || tenantText !== undefined)
      return isWhole ? { source: sourceText, tenant: tenantText } : undefined
    }
  }
}

const anywhere: Found = { source: undefined, tenant: undefined }

/** A path without parameters, which most are, is held against a URL without taking that apart. */
const fixed = (path: string): Path => ({
  hasSource: false,
  hasTenant: false,
  match: (url) => {
    const start = startOfPath(url)
    if (start < 0 || !url.startsWith(path, start)) return undefined
    const rest = url.slice(start + path.length)
    return rest === "" || rest === "/" || /^\/?[?#]/.test(rest) ? anywhere : undefined
  }
})

const startOfPath = (url: string): number => (url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3))

const checkTemplate = (template: string, segments: ReadonlyArray<string>): void => {
  const parameters = segments.filter((segment) => /[:*]/.test(segment))
  const isKnown = parameters.every((parameter) => parameter === ":source" || parameter === ":tenant")
  if (template.startsWith("/") && isKnown && new Set(parameters).size === parameters.length) return
  throw new InvalidOption({
    option: "path",
    actual: JSON.stringify(template),
    accepts: 'a path that begins with "/", with no parameters but ":source" and ":tenant", each once'
  })
}

const segmentsOf = (path: string): ReadonlyArray<string> => path.replace(/\/$/, "").split("/").slice(1)

const pathOf = (url: string): string => {
  const start = startOfPath(url)
  return start < 0 ? "" : url.slice(start).replace(/[?#].*$/s, "")
}

const decode = (segment: string | undefined): string | undefined => {
  if (segment === undefined) return undefined
  try {
    const text = decodeURIComponent(segment)
    return isName(text) ? text : undefined
  } catch {
    return undefined
  }
}

/** What can name a source or a tenant: 1 to 256 characters, no control characters among them. */
export const isName = (text: string): boolean => /^\P{Cc}{1,256}$/u.test(text)
