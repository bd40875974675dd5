import type { Command } from 'commander'
import { portNumber } from '../options'

export interface ServeFlags {
  workspace?: string
  host?: string
  port?: number
  takeOver?: boolean
}

/** The one command that is no client: it starts an engine and stays in the foreground. */
export const serveCommand = {
  name: 'serve',
  description: 'serve the interface to a browser on this machine',
  examples: [
    ['abd serve', 'prints the address to open'],
    ['abd serve --port 8080', 'for a tunnel: ssh -L 8080:localhost:8080 HOST'],
  ] as const,
  declare: (command: Command): Command =>
    command
      .option('--host <address>', 'address to listen on (default 127.0.0.1)')
      .option('--port <port>', 'port (default: any free one)', portNumber),
}
