import { expect, it, vi } from 'vitest'
import type { EngineClient } from '@shared/rpc'
import { browserHost } from '@renderer/api/browserHost'
import { connectionOf, refusedReason } from '@renderer/api/connection'

function fakeClient() {
  let tell: (state: 'connecting' | 'connected' | 'closed', reason: string | null) => void = () => undefined
  const close = vi.fn()
  const client = {
    connection: 'connecting',
    onConnection: (listener: typeof tell) => {
      tell = listener
      return () => undefined
    },
    close,
  } as unknown as EngineClient
  return { client, close, tell: (...args: Parameters<typeof tell>) => tell(...args) }
}

it('tells a first connection from a later one', () => {
  const { client, tell } = fakeClient()
  const connection = connectionOf(client, browserHost)
  const reopened = vi.fn()
  connection.onReopen(reopened)
  tell('connected', null)
  expect(connection.state.value).toEqual({ kind: 'open' })
  expect(reopened).not.toHaveBeenCalled()
  tell('connecting', 'the connection broke')
  expect(connection.state.value).toEqual({ kind: 'lost', reason: 'the connection broke' })
  tell('connected', null)
  expect(reopened).toHaveBeenCalledOnce()
})

it('stops trying when the token is refused', () => {
  const { client, close, tell } = fakeClient()
  const connection = connectionOf(client, browserHost)
  tell('connecting', refusedReason)
  expect(close).toHaveBeenCalledOnce()
  tell('closed', null)
  expect(connection.state.value.kind).toBe('refused')
})
