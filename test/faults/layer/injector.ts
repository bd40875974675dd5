/** Counts the calls that a plan looks at, and says which is to fail, and how. */
import { basename, join, resolve, sep } from 'node:path'
import { canMeet, type Fault, type FaultPlan, type Hit, type MetCall } from './plan'
import { real } from './real'

const errnos = {
  ENOSPC: [28, 'no space left on device'],
  EIO: [5, 'i/o error'],
  EACCES: [13, 'permission denied'],
} as const
const sqliteErrors = {
  ENOSPC: ['SQLITE_FULL', 'database or disk is full'],
  EIO: ['SQLITE_IOERR', 'disk I/O error'],
  EACCES: ['SQLITE_READONLY', 'attempt to write a readonly database'],
} as const

export type ErrorFault = keyof typeof errnos

/** As Node makes it. */
export function systemError(fault: ErrorFault, { name, path }: Pick<MetCall, 'name' | 'path'>): Error {
  const [errno, words] = errnos[fault]
  const syscall = name.replace(/Sync$|^FileHandle\./g, '')
  return Object.assign(new Error(`${fault}: ${words}, ${syscall} '${path}'`), {
    errno: -errno,
    code: fault,
    syscall,
    path,
  })
}

/** As the driver of the database makes it. */
export function databaseError(fault: ErrorFault, when: 'opening' | 'statement' = 'statement'): Error {
  if (when === 'opening')
    return Object.assign(new Error('ConnectionFailed("Unable to open connection to local database file: 14")'), {
      code: '',
    })
  const [code, words] = sqliteErrors[fault]
  return Object.assign(new Error(words), { name: 'SqliteError', code })
}

export class Injector {
  readonly process = basename(process.argv[1] ?? 'node').replace(/\.[cm]?[jt]s$/, '')
  readonly hits: Hit[] = []
  private readonly folders: readonly string[]
  private readonly heeds: boolean
  /** Processes of one name that come one after another count on: one fault in all of them. */
  private met: number
  private counter: number | null = null

  constructor(readonly plan: FaultPlan) {
    this.folders = plan.below.map((folder) => resolve(folder))
    this.heeds = plan.process === null || this.process.startsWith(plan.process)
    this.met = this.metBefore()
  }

  /** Calls met so far that the fault could have failed; without a fault, all. */
  get count(): number {
    return this.met
  }

  concerns(path: string): boolean {
    return this.folders.some((folder) => path === folder || path.startsWith(folder + sep))
  }

  /** Whether this call is to fail, and how. */
  meet(call: MetCall): Fault | null {
    const { fault, at, lasting = false, matching } = this.plan
    if (matching !== undefined && !call.name.includes(matching)) return null
    if (!this.heeds || (fault !== null && !canMeet(fault, call.kind))) return null
    this.met += 1
    this.tellCount()
    if (fault === null || at === 0 || (lasting ? this.met < at : this.met !== at)) return null
    this.tellHit(call, fault)
    return fault
  }

  /** Ends this process as a power switch would. */
  kill(): never {
    process.kill(process.pid, 'SIGKILL')
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }

  close(): void {
    if (this.counter !== null) real.closeSync(this.counter)
    this.counter = null
  }

  /** Each process writes down how far all of its name have counted. */
  private metBefore(): number {
    const own = `${this.process}-${process.pid}.count`
    const counts = real
      .readdirSync(this.plan.report)
      .filter((name) => name.startsWith(`${this.process}-`) && name.endsWith('.count') && name !== own)
      .map((name) => Number(real.readFileSync(join(this.plan.report, name), 'utf8')))
    return Math.max(0, ...counts)
  }

  private tellCount(): void {
    this.counter ??= real.openSync(join(this.plan.report, `${this.process}-${process.pid}.count`), 'w')
    real.writeSync(this.counter, String(this.met).padEnd(12), 0)
  }

  private tellHit(call: MetCall, fault: Fault): void {
    // Of a disk that stays full the first call is the one to know.
    if (this.hits.length >= 20) return
    const stack = (new Error().stack ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
    const hit: Hit = {
      ...call,
      process: this.process,
      pid: process.pid,
      fault,
      at: this.met,
      stack: stack.filter((line) => !/[/\\]layer[/\\]|preload|node:internal/.test(line)).slice(0, 8),
    }
    this.hits.push(hit)
    real.appendFileSync(join(this.plan.report, 'hits.jsonl'), `${JSON.stringify(hit)}\n`)
  }
}
