import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openBrowserChannel } from '@renderer/api/browserChannel'
import { refusedReason } from '@renderer/api/connection'
import { forgetToken, keepToken, keptToken, takeTokenFromAddress } from '@renderer/api/pageToken'
import { protocolsWith } from '@shared/rpc'

beforeEach(() => forgetToken(keptToken() ?? ''))
afterEach(() => {
  vi.unstubAllGlobals()
  history.replaceState(null, '', '/')
})

it.each([
  ['/#token=abc123', ''],
  ['/?token=abc123', ''],
  ['/?token=abc123#/compare', '#/compare'],
])('the token leaves the address: %s', (address, hash) => {
  history.replaceState(null, '', address)
  expect(takeTokenFromAddress()).toBe(true)
  expect(location.href).not.toContain('abc123')
  expect(location.hash).toBe(hash)
  expect(keptToken()).toBe('abc123')
})

it('an address without one changes nothing', () => {
  keepToken('kept')
  history.replaceState(null, '', '/#/compare')
  expect(takeTokenFromAddress()).toBe(false)
  expect(location.hash).toBe('#/compare')
  expect(keptToken()).toBe('kept')
})

/** A socket that is refused, and an engine that says why. */
function refusing(status: number): { asked: { address: string; protocols: unknown }[]; fetched: unknown[][] } {
  const asked: { address: string; protocols: unknown }[] = []
  const fetched: unknown[][] = []
  vi.stubGlobal(
    'WebSocket',
    class {
      onclose: (() => void) | null = null
      constructor(address: URL, protocols: unknown) {
        asked.push({ address: address.href, protocols })
        setTimeout(() => this.onclose?.(), 0)
      }
    },
  )
  vi.stubGlobal('fetch', (...given: unknown[]) => {
    fetched.push(given)
    return Promise.resolve({ status })
  })
  return { asked, fetched }
}

it('goes with the socket as a protocol, never in an address, and is forgotten when it is refused', async () => {
  keepToken('abc123')
  const { asked, fetched } = refusing(401)
  await expect(openBrowserChannel()).rejects.toThrow(refusedReason)
  expect(asked).toEqual([{ address: expect.not.stringContaining('abc123'), protocols: protocolsWith('abc123') }])
  expect(fetched[0]?.[0]).toBe('/token')
  expect(keptToken()).toBeNull()
  await expect(openBrowserChannel()).rejects.toThrow(refusedReason)
  expect(asked).toHaveLength(1)
})

it('of another tab, which came while this one was refused, is kept', async () => {
  keepToken('old')
  refusing(401)
  const refused = openBrowserChannel()
  localStorage.setItem('abd.token', 'new')
  await expect(refused).rejects.toThrow(refusedReason)
  expect(keptToken()).toBe('new')
})

it('is kept while the engine is busy or away', async () => {
  keepToken('abc123')
  refusing(503)
  await expect(openBrowserChannel()).rejects.toThrow('does not answer')
  expect(keptToken()).toBe('abc123')
})
