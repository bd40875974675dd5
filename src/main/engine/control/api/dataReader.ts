/**
 * Data sets, pictures and triggers out of files, read by a process of its own: what a file can block, fill or bring
 * down is that process. It is started when it is first asked, keeps the set in use, and goes when nobody asked for a
 * while.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fromCauses, RefusedInputError } from '../../../../shared/errors'
import type { DataQuestion, DataQuestionName, FromDataReader, ToDataReader } from './dataMessages'
import type { DataReading } from './dataService'

export interface DataReaderOptions {
  /** Path of the process's built entry. */
  readonly script: string
  readonly cacheFolder: string
  readonly execPath?: string
  readonly env?: NodeJS.ProcessEnv
  /** Milliseconds without a question until the process ends; 130,000: a little more than it keeps a set. */
  readonly idle?: number
  /** Milliseconds without a sign of life until it is ended; 60,000. */
  readonly silence?: number
  /** Milliseconds that a cancelled question has to end by itself; 5,000. */
  readonly patience?: number
  /** Megabytes for JavaScript objects; 1,024. Images lie outside and are bounded by their readers. */
  readonly heap?: number
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
  progress?(value: unknown): void
}

const ended = (how: string): RefusedInputError =>
  new RefusedInputError('The process that read the data ended before it was done.', {
    wanted: 'files that are read whole',
    got: how,
    where: 'the process that reads data sets',
    action:
      'Most likely memory was short. The files may be damaged, made to do harm, or too large for this machine: try fewer or smaller ones.',
  })

/** One process and what is waited for from it. */
class ReaderProcess {
  private readonly waiting = new Map<number, Waiting>()
  private readonly child: ChildProcess
  private nextId = 1
  private heard = performance.now()
  private reason: string | null = null
  private readonly watch: NodeJS.Timeout

  constructor(
    private readonly options: DataReaderOptions,
    /** It takes no more questions: it is told to end, or has ended. */
    private readonly onEnd: () => void,
  ) {
    const { script, cacheFolder, execPath = process.execPath, env = process.env, heap = 1024 } = options
    this.child = fork(script, [cacheFolder], {
      execPath,
      execArgv: [`--max-old-space-size=${heap}`],
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.child.on('message', (message) => this.hear(message as FromDataReader))
    this.child.on('error', (error) => {
      this.reason ??= error.message
      // No process could be started: there will be no 'close'.
      if (this.child.pid === undefined) this.finish(null, null)
    })
    this.child.on('close', (code, signal) => this.finish(code, signal))
    const { silence = 60_000 } = options
    this.watch = setInterval(() => this.requireLife(silence), Math.min(1_000, silence / 4))
    // Control ends by itself; nothing here keeps it.
    this.watch.unref()
    this.child.unref()
    this.child.channel?.unref()
  }

  get busy(): boolean {
    return this.waiting.size > 0
  }

  ask(question: DataQuestion, signal?: AbortSignal, progress?: (value: unknown) => void): Promise<unknown> {
    const id = this.nextId++
    const { patience = 5_000 } = this.options
    if (!this.busy) this.heard = performance.now()
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const cancel = (): void => {
        this.send({ say: 'cancel', id })
        timer = setTimeout(() => this.end('it did not stop when it was told to'), patience)
        reject(signal?.reason as Error)
      }
      const settle = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', cancel)
        this.waiting.delete(id)
      }
      this.waiting.set(id, {
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error as Error)),
        progress,
      })
      this.send({ say: 'ask', id, question })
      signal?.addEventListener('abort', cancel, { once: true })
    })
  }

  end(reason: string): void {
    this.reason ??= reason
    this.onEnd()
    this.child.kill('SIGKILL')
  }

  private send(message: ToDataReader): void {
    if (this.child.connected) this.child.send(message, () => undefined)
  }

  private hear(message: FromDataReader): void {
    this.heard = performance.now()
    if (message.say === 'alive') return
    const waiting = this.waiting.get(message.id)
    if (message.say === 'progress') waiting?.progress?.(message.value)
    else if (message.say === 'answer') waiting?.resolve(message.value)
    else waiting?.reject(fromCauses(message.causes))
  }

  private requireLife(silence: number): void {
    if (this.busy && performance.now() - this.heard > silence)
      this.end(`no sign of life for ${Math.round(silence / 1000)} seconds`)
  }

  private finish(code: number | null, signal: NodeJS.Signals | null): void {
    clearInterval(this.watch)
    this.onEnd()
    const how = this.reason ?? signal ?? `exit code ${code ?? 'unknown'}`
    for (const { reject } of [...this.waiting.values()]) reject(ended(how))
  }
}

/** The calls about data, each answered by the process. */
export function createDataReader(options: DataReaderOptions): DataReading & { close(): void } {
  const { idle = 130_000 } = options
  let current: ReaderProcess | null = null
  let timer: NodeJS.Timeout | undefined
  const rest = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (current?.busy) rest()
      else current?.end('nobody asked')
    }, idle)
    timer.unref()
  }
  const begin = (): ReaderProcess => {
    const begun: ReaderProcess = new ReaderProcess(options, () => {
      if (current === begun) current = null
    })
    return begun
  }
  async function ask<Name extends DataQuestionName>(
    question: DataQuestion & { readonly name: Name },
    { signal, progress }: { signal?: AbortSignal | undefined; progress?: ((value: never) => void) | undefined } = {},
  ): Promise<Awaited<ReturnType<DataReading[Name]>>> {
    signal?.throwIfAborted()
    current ??= begin()
    rest()
    // What the process answers is what its DataReading returned.
    return (await current.ask(question, signal, progress as (value: unknown) => void)) as Awaited<
      ReturnType<DataReading[Name]>
    >
  }
  return {
    info: (data, progress, signal) => ask({ name: 'info', asked: [data] }, { signal, progress }),
    print: (data, progress, signal) => ask({ name: 'print', asked: [data] }, { signal, progress }),
    images: (data, wanted, signal) => ask({ name: 'images', asked: [data, wanted] }, { signal }),
    triggerPreview: (config, wanted, signal) => ask({ name: 'triggerPreview', asked: [config, wanted] }, { signal }),
    patchPreview: (config, count, signal) => ask({ name: 'patchPreview', asked: [config, count] }, { signal }),
    recognize: (path) => ask({ name: 'recognize', asked: [path] }),
    close: () => current?.end('it was closed'),
  }
}
