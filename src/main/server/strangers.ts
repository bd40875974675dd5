/** Connections that have shown no token: few, and none for long. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { DoorLimits } from './limits'

export interface Strangers {
  /** This one has shown a token: it is a client from now on. */
  letIn(socket: Socket): void
  /** Ends all that are there. */
  end(): void
}

/**
 * The oldest gives way to a new one, rather than the new one being turned away: whoever opens connections and leaves
 * them open keeps nobody out.
 */
export function watchStrangers(server: Server, limits: DoorLimits): Strangers {
  const strangers = new Map<Socket, NodeJS.Timeout>()
  const forget = (socket: Socket): void => {
    clearTimeout(strangers.get(socket))
    strangers.delete(socket)
  }
  server.on('connection', (socket: Socket) => {
    const [oldest] = strangers.keys()
    if (oldest && strangers.size >= limits.strangers) oldest.destroy()
    const timer = setTimeout(() => socket.destroy(), limits.strangerMilliseconds)
    timer.unref()
    strangers.set(socket, timer)
    socket.once('close', () => forget(socket))
  })
  return {
    letIn: forget,
    end: () => {
      for (const socket of strangers.keys()) socket.destroy()
    },
  }
}
