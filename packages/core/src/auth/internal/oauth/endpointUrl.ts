/** What a URL that is asked for secrets must be; undefined when this one is. */
export const problemOfUrl = (text: string, allowInsecure: boolean): string | undefined => {
  const url = URL.parse(text)
  const isSecure = url?.protocol === "https:" || (url?.protocol === "http:" && (allowInsecure || isLoopback(url)))
  const isPlain = url?.username === "" && url.password === "" && !text.includes("#")
  return isSecure && isPlain ? undefined : "an absolute URL of https, without credentials and without a fragment"
}

/** The names and addresses of this machine (RFC 8252 §8.3). */
const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname)
