import { inject, type InjectionKey, type ShallowRef } from 'vue'
import type { EngineApi, HostApi } from '@shared/contract'

export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'open' }
  /** The carrier broke; it is tried again at `retryAt` (milliseconds since 1970). */
  | { kind: 'lost'; reason: string; retryAt: number }
  /** Trying again would not help, e.g. the token is wrong. */
  | { kind: 'refused'; reason: string }

/** The engine, the window's own abilities, and how the carrier between them fares. */
export interface Connection {
  engine: EngineApi
  host: HostApi
  state: Readonly<ShallowRef<ConnectionState>>
  /** Tries again at once. */
  reconnect(): void
  /** Called each time the carrier opens anew after a loss; returns the function that ends it. */
  onReopen(listener: () => void): () => void
}

export const connectionKey: InjectionKey<Connection> = Symbol('connection')

export function useConnection(): Connection {
  const connection = inject(connectionKey)
  if (!connection) throw new Error('No connection was provided to the application.')
  return connection
}
