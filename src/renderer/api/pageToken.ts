/**
 * The token of this page: it comes with the address and is kept for this address alone. Another port is another origin,
 * so no other server of this machine is given it.
 */
const storageKey = 'abd.token'

const tokenOf = (text: string): string | null => new URLSearchParams(text.replace(/^[#?]/, '')).get('token')

/**
 * Takes a token out of the address, so that it stands neither there nor in what is copied or gone back to.
 * @returns whether there was one
 */
export function takeTokenFromAddress(): boolean {
  const inHash = tokenOf(location.hash)
  const token = inHash ?? tokenOf(location.search)
  if (token === null) return false
  keepToken(token)
  history.replaceState(null, '', location.pathname + (inHash === null ? location.hash : ''))
  return true
}

/** Of an address that is opened where this page is open already: the browser changes the page's place alone. */
export function takeTokenLater(): void {
  addEventListener('hashchange', () => {
    if (takeTokenFromAddress()) location.reload()
  })
}

/** Where the browser keeps nothing, it lasts as long as the page. */
let held: string | null = null

export function keepToken(token: string): void {
  held = token
  try {
    localStorage.setItem(storageKey, token)
  } catch {
    // Storage is forbidden or full.
  }
}

export function keptToken(): string | null {
  if (held !== null) return held
  try {
    return localStorage.getItem(storageKey)
  } catch {
    return null
  }
}

/** Another tab may have kept a newer one meanwhile: that stays. */
export function forgetToken(refused: string): void {
  if (held === refused) held = null
  try {
    if (localStorage.getItem(storageKey) === refused) localStorage.removeItem(storageKey)
  } catch {
    // Storage is forbidden: nothing was kept.
  }
}
