/**
 * What a weights file holds, as a report. The file is read by a process of its own, so that control outlives whatever
 * it does.
 */
import { fork } from 'node:child_process'
import type { CallArgs, ModelReport } from '../../../../shared/contract'
import { fromCauses, type ErrorCause } from '../../../../shared/errors'

/** What the inspector process answers. */
export type InspectorReply = { report: ModelReport } | { causes: ErrorCause[] }

export interface InspectorOptions {
  /** Path of the inspector's built entry. */
  script: string
  execPath?: string
  env?: NodeJS.ProcessEnv
  /** Milliseconds until the process is ended; 60,000. */
  timeout?: number
  /** Megabytes for JavaScript objects; 512. Tensors lie outside and are bounded by the file's size. */
  heap?: number
}

/** The file, and the key of the weights that are meant. */
export type InspectedFile = CallArgs<'model.inspect'>
export type ModelInspector = (asked: InspectedFile, signal?: AbortSignal) => Promise<ModelReport>

const refused = (reason: string): ModelReport => ({
  accepted: false,
  reason,
  architecture: null,
  ambiguous: false,
  key: '',
  candidates: [],
  format: null,
  tensors: 0,
  sha256: '',
  findings: [],
})

/** A file on which the process dies or takes too long is refused with that reason; cancelling ends the process. */
export function createModelInspector({
  script,
  execPath = process.execPath,
  env = process.env,
  timeout = 60_000,
  heap = 512,
}: InspectorOptions): ModelInspector {
  return (asked, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const child = fork(script, [], {
        execPath,
        execArgv: [`--max-old-space-size=${heap}`],
        env,
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
      let reply: InspectorReply | undefined
      let late = false
      let fault: Error | undefined
      const end = (): void => {
        child.kill('SIGKILL')
      }
      const timer = setTimeout(() => {
        late = true
        end()
      }, timeout)
      const finish = (code: number | null, ending: NodeJS.Signals | null): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        if (signal?.aborted) reject(signal.reason as Error)
        else if (fault) reject(fault)
        else if (reply && 'report' in reply) resolve(reply.report)
        else if (reply) reject(fromCauses(reply.causes))
        else if (late) resolve(refused(`Reading the file took longer than ${timeout / 1000} seconds and was stopped.`))
        else
          resolve(
            refused(
              `The process that read the file ended (${ending ?? `exit code ${code ?? 'unknown'}`}), most likely for want of memory. The file may be damaged, made to do harm, or too large for this machine.`,
            ),
          )
      }
      child.on('message', (message) => {
        reply = message as InspectorReply
      })
      // No process could be started: there will be no 'close'.
      child.on('error', (error) => {
        fault = error
        if (child.pid === undefined) finish(null, null)
      })
      child.on('close', finish)
      signal?.addEventListener('abort', end, { once: true })
      child.send(asked, () => undefined)
    })
}
