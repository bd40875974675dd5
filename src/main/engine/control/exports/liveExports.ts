/**
 * What grows beside a run that trains, where its recording asks for it by a run exporter's name: in the run's folder,
 * every two seconds. A control that is started again goes on with what its forerunner left open.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExperimentConfig } from '../../../../shared/domain'
import type { Registry } from '../../../../shared/schema'
import { runExporters, type LiveExport, type RunExporter } from '../../families/runExporters'
import { writeAtomically } from '../../weights/atomicFile'
import { runToExport, type ExportSource } from './runToExport'
import type { StepClockReader } from './stepClock'

export interface LiveExportsOptions {
  readonly source: ExportSource
  /** Those of the product unless told otherwise. */
  readonly exporters?: Registry<RunExporter>
  /** A line of the run's log. */
  say(runId: string, message: string): void
  /** Of a run whose files cannot be written; it trains on, and they end there. */
  onError(runId: string, error: unknown): void
  /** Milliseconds between two looks; default 2000. */
  readonly interval?: number
}

export interface LiveExports {
  /** Appends what has come since the last look. */
  look(): Promise<void>
  /** After a last look. */
  close(): Promise<void>
}

/** Ids of the runs whose files are not ended, so that what came last is not lost with control. */
const openName = 'live-exports.json'

export function createLiveExports(options: LiveExportsOptions): LiveExports {
  const live = new LiveRuns(options)
  const { interval = 2000 } = options
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()
  let closed = false
  const look = (): Promise<void> => (looking = looking.then(() => live.look()))
  const lookAgain = (): void => {
    if (closed) return
    timer = setTimeout(() => void look().finally(lookAgain), interval)
    timer.unref()
  }
  lookAgain()
  return {
    look,
    async close() {
      closed = true
      clearTimeout(timer)
      await look()
      await live.close()
    },
  }
}

class LiveRuns {
  private readonly runs = new Map<string, LiveRun>()
  private readonly failed = new Set<string>()
  /** As the file has them; null: not read yet. */
  private open: readonly string[] | null = null

  constructor(private readonly options: LiveExportsOptions) {}

  async look(): Promise<void> {
    const { runs } = this.options.source.store
    const left = this.open ?? (await this.leftOpen())
    this.open = left
    for (const id of new Set([...runs.ids(['running']), ...left, ...this.runs.keys()]))
      if (!this.failed.has(id)) await this.update(id)
    await this.noteOpen()
  }

  async close(): Promise<void> {
    for (const run of this.runs.values()) await run.close()
  }

  private async update(id: string): Promise<void> {
    const { source, say, onError, exporters = runExporters } = this.options
    if (!source.store.runs.has(id)) return this.end(id)
    try {
      const run = this.runs.get(id) ?? new LiveRun(id, source, exporters)
      if (run.exports.length === 0) return
      if (!this.runs.has(id)) for (const { title, folder } of run.exports) say(id, `${title}: ${folder}`)
      this.runs.set(id, run)
      if (!(await run.update())) await this.end(id)
    } catch (error) {
      this.failed.add(id)
      await this.end(id).catch(() => undefined)
      onError(id, error)
    }
  }

  private async end(id: string): Promise<void> {
    const run = this.runs.get(id)
    this.runs.delete(id)
    await run?.close()
  }

  private get openFile(): string {
    return join(this.options.source.store.folder, openName)
  }

  private async leftOpen(): Promise<string[]> {
    try {
      const ids = JSON.parse(await readFile(this.openFile, 'utf8')) as unknown
      return Array.isArray(ids) ? ids.map(String) : []
    } catch {
      return []
    }
  }

  private async noteOpen(): Promise<void> {
    const open = [...this.runs.keys()].sort()
    if (JSON.stringify(open) === JSON.stringify(this.open)) return
    this.open = open
    await writeAtomically(this.openFile, [Buffer.from(JSON.stringify(open))]).catch(() => undefined)
  }
}

interface OpenExport {
  readonly title: string
  readonly folder: string
  readonly live: LiveExport
}

class LiveRun {
  readonly exports: readonly OpenExport[]
  private readonly clocks = new Map<string, StepClockReader>()

  constructor(
    private readonly id: string,
    private readonly source: ExportSource,
    exporters: Registry<RunExporter>,
  ) {
    const { store } = source
    this.exports = exporters.members.flatMap((member) => {
      const folder = join(store.runFolder(id), member.id)
      return member.live && isAsked(store.runs.config(id), member.id)
        ? [{ title: member.title, folder, live: member.live(folder) }]
        : []
    })
  }

  /** @returns whether more may come */
  async update(): Promise<boolean> {
    // Looked at before what is written: what comes last comes with the next look.
    const { state } = this.source.store.runs.peek(this.id)
    const run = runToExport(this.id, this.source, this.clocks)
    for (const { live } of this.exports) await live.update(run)
    return state === 'running' || state === 'queued'
  }

  async close(): Promise<void> {
    for (const { live } of this.exports) await live.close()
  }
}

const isAsked = ({ recording }: ExperimentConfig, name: string): boolean =>
  Object.entries(recording).some(([parameter, value]) => parameter === name && value === true)
