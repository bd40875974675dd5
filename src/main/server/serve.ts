/** Served mode: the same interface in a browser. Stays in the foreground until Ctrl+C. */
import { describeError } from '../../shared/errors'
import { chooseNode, createEngineStarter, readOnlyText, workspaceFolder } from '../host'

export interface ServeOptions {
  workspace?: string
  host?: string
  port?: number
  /** Also from an engine that has the workspace and does not answer. */
  takeOver?: boolean
  /** The control process: lies beside the entries, where a shared chunk cannot look for it. */
  script: string
  /** Told the address, token included, once the engine answers there. */
  onReady?(url: string): void
}

/** Resolves to an exit code: 0 after Ctrl+C, 1 when the engine is gone for good. */
export async function serve({ workspace, host, port, takeOver, script, onReady }: ServeOptions): Promise<0 | 1> {
  const say = (text: string): void => {
    process.stdout.write(`${text}\n`)
  }
  try {
    const started = await createEngineStarter({
      workspace: workspaceFolder(workspace),
      script,
      host,
      port,
      takeOver,
      node: chooseNode({ execPath: process.execPath, versions: process.versions, packaged: false, env: process.env }),
    }).start()
    // One that was just ending may have been found: it is heard of, or another one started, before an address is told.
    await started.client.call('engine.info', {})
    say(
      started.owned
        ? 'ABD Workbench is ready. Open this address in a browser on this machine:'
        : 'This workspace is open already. Its interface:',
    )
    let told = started.url()
    say(`\n  ${told}\n`)
    if (started.readOnly) say(`${await readOnlyText(started.client)}\n`)
    onReady?.(told)
    started.client.onConnection((state) => {
      if (state !== 'connected' || started.url() === told) return
      told = started.url()
      say(`The engine is another one now. Its interface:\n\n  ${told}\n`)
    })
    if (!started.owned && (host !== undefined || port !== undefined))
      say('--host and --port count for an engine that is started; this one listens where it did.')
    if (started.owned && host !== undefined && !['127.0.0.1', 'localhost', '::1'].includes(host))
      say('It is reachable from the network: whoever has this address has the engine. The connection is not encrypted.')
    say('Runs go on when the tab is closed. Ctrl+C pauses a run with a checkpoint and ends the engine.')
    return await new Promise((resolve) => {
      let asked = false
      const end = (): void => {
        if (asked) process.exit(130)
        asked = true
        say(
          started.owned
            ? 'Ending the engine (a run is paused after its current step) …'
            : 'Leaving; the engine goes on.',
        )
        void started.dispose('shutdown').then(() => resolve(0))
      }
      process.on('SIGINT', end)
      process.on('SIGTERM', end)
      process.on('SIGHUP', end)
      started.onExit((kind, reason) => {
        if (kind === 'crashed') say(`The engine ended unexpectedly (${reason}) and is started again.`)
        if (kind === 'gaveUp') {
          say(`The engine ended again and again (${reason}). Its log is logs/engine.log in the workspace.`)
          resolve(1)
        }
      })
    })
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`)
    return 1
  }
}
