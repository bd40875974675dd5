/** Writes down what a process does to the files that the plan concerns. */
import { dirname, join } from 'node:path'
import type { Connection, RealDriver } from '../database'
import type { Injector } from '../injector'
import { mayCreate, openFile, truncates, writtenBy, writtenTogether } from '../openFiles'
import { real } from '../real'
import { createDatabaseRecorder } from './databaseRecorder'
import { recordEnd, type RecordedLine, type RecordedStep } from './steps'

export interface RecordedCall {
  readonly base: string
  readonly path: string
  readonly descriptor: number | null
  /** Without the descriptor. */
  readonly args: readonly unknown[]
}

/** To be called with the result once the call has succeeded. */
type Note = (result: unknown) => void

export class Recorder {
  private readonly lines: number
  private readonly databases = createDatabaseRecorder((step) => this.write(step))

  constructor(private readonly injector: Injector) {
    const { plan, process: name } = injector
    this.lines = real.openSync(join(plan.report, `${name}-${process.pid}${recordEnd}`), 'a')
    for (const folder of plan.below) this.haveFolder(folder)
  }

  /** Of a call that is about to be made; undefined: it changes nothing. */
  begin(call: RecordedCall): Note | undefined {
    return call.descriptor === null ? this.ofName(call) : this.ofDescriptor(call, call.descriptor)
  }

  database(file: string, connection: Connection, driver: RealDriver): void {
    this.databases.after(file, connection, driver)
  }

  close(): void {
    real.closeSync(this.lines)
  }

  private write(step: RecordedStep): void {
    const line: RecordedLine = { ...step, time: String(process.hrtime.bigint()) }
    real.writeSync(this.lines, `${JSON.stringify(line)}\n`)
  }

  private haveFolder(path: string): void {
    if (real.existsSync(path)) this.write({ type: 'makeFolder', path })
  }

  private ofDescriptor({ base, args }: RecordedCall, descriptor: number): Note | undefined {
    const file = openFile(descriptor)
    if (!file) return undefined
    const inode = (): number => real.fstatSync(descriptor).ino
    switch (base) {
      case 'write':
      case 'writeFile':
      case 'appendFile':
      case 'writev': {
        const { bytes, position } = base === 'writev' ? writtenTogether(args) : writtenBy(args)
        const data = Buffer.from(bytes)
        return (result) => {
          const taken = takenOf(result) ?? data.length
          const end = real.fstatSync(descriptor).size
          const offset = file.appends ? end - taken : (position ?? file.position)
          if (position === null) file.position = offset + taken
          this.write({ type: 'write', inode: inode(), offset, data: data.subarray(0, taken).toString('base64') })
        }
      }
      case 'ftruncate':
        return () => this.write({ type: 'truncate', inode: inode(), length: Number(args[0] ?? 0) })
      case 'fsync':
      case 'fdatasync':
        return () =>
          this.write(file.isFolder ? { type: 'syncFolder', path: file.path } : { type: 'sync', inode: inode() })
      default:
        return undefined
    }
  }

  private ofName({ base, path, args }: RecordedCall): Note | undefined {
    switch (base) {
      case 'open':
        return mayCreate(args[1]) || truncates(args[1]) ? this.opening(path, args[1]) : undefined
      case 'writeFile':
      case 'copyFile':
        return this.writing(path)
      case 'appendFile':
        return this.appending(path)
      case 'link':
        return () => this.write({ type: 'link', path, inode: real.statSync(path).ino })
      case 'rename':
        return () => this.write({ type: 'rename', from: String(args[0]), to: String(args[1]) })
      case 'mkdir':
        return this.makingFolder(path)
      case 'rm':
      case 'rmdir':
      case 'unlink':
        return this.removing(path)
      default:
        return undefined
    }
  }

  private created(path: string): void {
    this.write({ type: 'create', path, inode: real.statSync(path).ino })
  }

  private opening(path: string, flags: unknown): Note {
    const existed = real.existsSync(path)
    return () => {
      if (!existed) this.created(path)
      else if (truncates(flags)) this.write({ type: 'truncate', inode: real.statSync(path).ino, length: 0 })
    }
  }

  private writing(path: string): Note {
    const opening = this.opening(path, 'w')
    return () => {
      opening(undefined)
      this.content(path, 0)
    }
  }

  private appending(path: string): Note {
    const before = real.existsSync(path) ? real.statSync(path).size : null
    return () => {
      if (before === null) this.created(path)
      this.content(path, before ?? 0)
    }
  }

  private content(path: string, from: number): void {
    const data = real.readFileSync(path).subarray(from).toString('base64')
    if (data !== '') this.write({ type: 'write', inode: real.statSync(path).ino, offset: from, data })
  }

  private makingFolder(path: string): Note {
    const missing: string[] = []
    for (let folder = path; !real.existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
    return () => {
      for (const folder of missing) if (this.injector.concerns(folder)) this.write({ type: 'makeFolder', path: folder })
    }
  }

  private removing(path: string): Note {
    const gone = namesBelow(path)
    return () => {
      for (const name of gone) if (!real.existsSync(name)) this.write({ type: 'remove', path: name })
    }
  }
}

/** Writes say how many bytes they took. */
function takenOf(result: unknown): number | null {
  if (typeof result === 'number') return result
  const written = (result as { bytesWritten?: unknown } | undefined)?.bytesWritten
  return typeof written === 'number' ? written : null
}

/** What removing a name takes with it, the deepest first. */
function namesBelow(path: string): string[] {
  const found = real.lstatSync(path, { throwIfNoEntry: false })
  if (!found) return []
  const inner = found.isDirectory() ? real.readdirSync(path).flatMap((name) => namesBelow(join(path, name))) : []
  return [...inner, path]
}
