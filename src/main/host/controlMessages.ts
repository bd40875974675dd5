/**
 * What the process that started control and control say to each other over the child's IPC channel; frames go over the
 * socket.
 */
import type { ErrorCause } from '../../shared/errors'
import type { EngineEndpoint } from '../transports/webSocketChannel'

export type HostMessage =
  | { type: 'ping' }
  /** Pause the run with a checkpoint, close the store, exit. */
  | { type: 'shutdown' }
  /** The starter goes; exit once nobody is connected and nothing trains. */
  | { type: 'release' }

export type ControlMessage =
  | { type: 'ready'; endpoint: EngineEndpoint; url: string; readOnly: boolean }
  /** Another engine has the workspace: connect there. This process ends. */
  | { type: 'occupied'; endpoint: EngineEndpoint; url: string }
  | { type: 'failed'; causes: ErrorCause[] }
  | { type: 'pong' }
