/** Which addresses the window hands to the browser. */

/** Hosts that the interface links to; they open at once. A test finds every link of the interface here. */
export const externalHosts: readonly string[] = ['github.com', 'www.cs.toronto.edu', 'www.tensorflow.org']

/** `ask`: somebody is shown the address first, e.g. that of a server which a run was written to. */
export type Verdict =
  { readonly kind: 'open' | 'ask'; readonly address: string } | { readonly kind: 'refuse'; readonly reason: string }

/** Only what a browser opens, and never what a program of this machine is registered for. */
export function judgeAddress(address: string): Verdict {
  const url = parse(address)
  if (url === null) return { kind: 'refuse', reason: 'This is no address.' }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { kind: 'refuse', reason: `Only web addresses (https, http) are opened; this one is ${url.protocol}` }
  // A password would end in the browser's history.
  url.username = ''
  url.password = ''
  const isKnown = url.protocol === 'https:' && url.port === '' && externalHosts.includes(url.hostname)
  return { kind: isKnown ? 'open' : 'ask', address: url.href }
}

function parse(address: string): URL | null {
  try {
    return new URL(address)
  } catch {
    return null
  }
}
