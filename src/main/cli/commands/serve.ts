import type { Command } from 'commander'
import { portNumber } from '../options'

export interface ServeFlags {
  workspace?: string
  host?: string
  port?: number
}

/** The one command that is no client: it starts an engine and stays in the foreground. */
export const serveCommand = {
  name: 'serve',
  description: 'serve the interface to a browser on this machine',
  declare: (command: Command): Command =>
    command
      .option('--host <address>', 'address to listen on (default 127.0.0.1)')
      .option('--port <port>', 'port (default: any free one)', portNumber),
}
