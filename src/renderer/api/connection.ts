import { inject, shallowRef, type InjectionKey, type ShallowRef } from 'vue'
import type { EngineApi, HostApi } from '@shared/contract'
import type { MenuCommand } from '@shared/contract/window'
import type { EngineClient } from '@shared/rpc'

export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'open' }
  /** The carrier broke; the client goes on trying. */
  | { kind: 'lost'; reason: string }
  /** Trying again would not help: the token is wrong or missing. */
  | { kind: 'refused'; reason: string }

/** The engine, the window's own abilities, and how the carrier between them fares. */
export interface Connection {
  engine: EngineApi
  host: HostApi
  state: Readonly<ShallowRef<ConnectionState>>
  /** Called each time the carrier opens anew after a loss; returns the function that ends it. */
  onReopen(listener: () => void): () => void
  /** A window's menu asks for something; browsers have none. */
  onMenu?(listener: (command: MenuCommand) => void): void
}

export const connectionKey: InjectionKey<Connection> = Symbol('connection')

export function useConnection(): Connection {
  const connection = inject(connectionKey)
  if (!connection) throw new Error('No connection was provided to the application.')
  return connection
}

/** Reason with which a carrier ends when it may not come in; see api/browserChannel. */
export const refusedReason = 'the token is missing or not right'

/** A client's connection as views see it. */
export function connectionOf(client: EngineClient, host: HostApi): Connection {
  const state = shallowRef<ConnectionState>(
    client.connection === 'connected' ? { kind: 'open' } : { kind: 'connecting' },
  )
  const listeners = new Set<() => void>()
  let opened = client.connection === 'connected'
  client.onConnection((now, reason) => {
    if (now === 'connected') {
      state.value = { kind: 'open' }
      if (opened) for (const listener of [...listeners]) listener()
      opened = true
    } else if (reason === refusedReason) {
      state.value = { kind: 'refused', reason }
      client.close()
    } else if (state.value.kind !== 'refused') {
      state.value = { kind: 'lost', reason: reason ?? 'the engine ended' }
    }
  })
  return {
    engine: client,
    host,
    state,
    onReopen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
