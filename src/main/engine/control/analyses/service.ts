/**
 * Analyses that people ask for. Each is measured by a short-lived trainer of the lowest priority, one at a time and
 * beside whatever trains: it waits for no slot and takes none, and a training does not feel it. Where something trains
 * it computes on the processor, since memory of a GPU cannot be shared by priority.
 */
import { randomBytes } from 'node:crypto'
import type { CallArgs, CallHandlers, CallsOf } from '../../../../shared/contract'
import { hasEnded, newlyAsked, stageNamer, type AskedAnalysis } from '../../../../shared/domain'
import { RefusedInputError, UserError, toCauses } from '../../../../shared/errors'
import type { Registry } from '../../../../shared/schema'
import { analyses, type Analysis } from '../../families/analyses'
import type { EventHub } from '../events'
import type { TrainerLauncher } from '../executors/shortJobProcess'
import { runShortJob, tenASecond, type ShortProgress } from '../executors/shortJobs'
import type { MemberTable } from '../experiments/memberTable'
import type { EngineLog } from '../log'
import { numbersOf, readArtifact } from '../runs/artifacts'
import { asTrained } from '../runs/asTrained'
import { newRunId } from '../runs/newRun'
import { askedOfModel, placeInRun, type RunStore } from '../store'
import type { StudyAnalyses } from '../studies/types'
import { analysedStage, chosenStages, lookedAtStages, teacherWeights } from './subject'

export interface AskedAnalysesOptions {
  readonly store: RunStore
  readonly hub: EventHub
  readonly log: EngineLog
  readonly table: MemberTable
  readonly cacheFolder: string
  readonly readOnly: boolean
  readonly launch: TrainerLauncher
  /** Those to choose from; those of the product unless told otherwise. */
  readonly family?: Registry<Analysis>
  /** @throws UserError while TensorFlow is not set up */
  assertReady(): void
  /** Whether something trains. */
  isTraining(): boolean
}

export interface AskedAnalyses {
  readonly calls: CallHandlers<CallsOf<'analyses'>>
  /** As studies ask for them. */
  readonly ofStudies: StudyAnalyses
  /** Whether one waits or runs. */
  readonly active: boolean
  /** Ends what runs; it can be asked for again. */
  close(): Promise<void>
}

export const createAskedAnalyses = (options: AskedAnalysesOptions): AskedAnalyses => new Service(options)

type Device = NonNullable<CallArgs<'analyses.start'>['device']>

class Service implements AskedAnalyses {
  readonly calls: AskedAnalyses['calls']
  readonly ofStudies: StudyAnalyses
  private readonly family: Registry<Analysis>
  private readonly waiting: { readonly id: string; readonly device: Device }[] = []
  private current: { readonly id: string; readonly ending: AbortController; readonly done: Promise<void> } | null = null
  /** Never rejects. */
  private copying: Promise<void> = Promise.resolve()
  private closed = false
  private newest = 0

  constructor(private readonly options: AskedAnalysesOptions) {
    const { store, readOnly } = options
    const live = (asked: AskedAnalysis): AskedAnalysis => this.live(asked)
    this.family = options.family ?? analyses
    if (!readOnly) for (const left of store.asked.unfinished()) store.asked.put(notFinished(left))
    this.calls = {
      'analyses.start': (args) => this.start(args),
      'analyses.cancel': ({ id }) => this.cancel(id),
      'analyses.list': ({ runId, analysis }) => ({
        asked: store.asked
          .ofRun(store.runs.summary(runId).id)
          .filter((one) => analysis === undefined || one.analysis === analysis)
          .map((one) => this.live(one)),
      }),
      'analyses.get': ({ id }) => this.get(id),
      'analyses.remove': ({ id }) => this.remove(id),
    }
    this.ofStudies = {
      start: ({ params, stageIds, study, ...question }) =>
        this.start({ ...question, params: { ...params }, stageIds: [...stageIds] }, study),
      cancel: (id) => void this.cancel(id),
      find(id) {
        const asked = store.asked.find(id)
        return asked && live(asked)
      },
      ofModel(runId, stageId) {
        const place = store.runs.peek(runId).stages.find(({ id }) => id === stageId)?.place
        return askedOfModel(place ?? placeInRun(runId, stageId), store)
          .filter((one) => store.runs.own(one.runId).deletedAt === null)
          .map(live)
      },
    }
  }

  get active(): boolean {
    return this.current !== null || this.waiting.length > 0
  }

  async close(): Promise<void> {
    this.closed = true
    for (const { id } of this.waiting.splice(0)) this.update(id, notFinished)
    this.current?.ending.abort(new UserError('The engine ended before it was finished.'))
    await this.current?.done
    await this.copying
  }

  private start(question: CallArgs<'analyses.start'>, study?: string) {
    const { runId, analysis, params, stageIds, step, device = 'auto' } = question
    const { store, assertReady } = this.options
    const run = store.runs.summary(runId)
    if (run.deletedAt !== null) throw new UserError('This run is in the bin.', { action: 'Restore it first.' })
    const { member, values } = this.family.open({ id: analysis, params: params ?? {} }, 'analysis')
    if (member.when !== 'asked')
      throw new RefusedInputError(`${member.title} is measured while a stage trains, not when asked for.`, {
        wanted: this.family.members.flatMap(({ id, when }) => (when === 'asked' ? [id] : [])).join(', '),
        got: analysis,
      })
    assertReady()
    const stages = chosenStages(run, { subject: member.subject, ids: stageIds }, store)
    teacherWeights(run)
    this.newest = Math.max(Date.now(), this.newest + 1)
    const asked = newlyAsked({
      id: newRunId(new Date(this.newest), randomBytes(3).toString('hex')),
      runId,
      analysis,
      params: values,
      stageIds: stages.map(({ id }) => id),
      step: step ?? null,
      createdAt: this.newest,
      ...(study === undefined ? {} : { study }),
    })
    store.asked.put(asked)
    this.tell(asked)
    this.waiting.push({ id: asked.id, device })
    this.goOn()
    return this.found(asked.id)
  }

  private cancel(id: string): AskedAnalysis {
    const asked = this.found(id)
    if (hasEnded(asked)) return asked
    const place = this.waiting.findIndex((one) => one.id === id)
    if (place >= 0) this.waiting.splice(place, 1)
    else if (this.current?.id === id) this.current.ending.abort(new UserError('It was cancelled.'))
    return this.update(id, (one) => ({ ...one, state: 'cancelled', endedAt: Date.now(), progress: null }))
  }

  private get(id: string) {
    const asked = this.found(id)
    if (asked.state !== 'done') return { asked, artifact: null, fault: null }
    const { analysis, step } = asked
    const artifact = this.options.store.asked.artifact(id)
    const read = readArtifact({ stageId: '', analysis, step: step ?? 0, artifact }, this.family.members)
    return { asked, artifact: read.artifact, fault: read.fault }
  }

  private remove(id: string): { removed: boolean } {
    const { store, hub } = this.options
    const { runId } = this.found(id)
    this.cancel(id)
    const removed = store.asked.remove(id)
    hub.emit('analysis.removed', { runId, id })
    return { removed }
  }

  private found(id: string): AskedAnalysis {
    const asked = this.options.store.asked.find(id)
    if (asked) return this.live(asked)
    throw new RefusedInputError('There is no such analysis.', { got: id, action: 'See them with "abd analyses RUN".' })
  }

  /** What is known of the one that runs and not written down. */
  private progress: AskedAnalysis['progress'] = null
  private live(asked: AskedAnalysis): AskedAnalysis {
    return asked.id === this.current?.id && asked.state === 'running' ? { ...asked, progress: this.progress } : asked
  }

  /** @throws RefusedInputError where it was deleted meanwhile */
  private update(id: string, change: (asked: AskedAnalysis) => AskedAnalysis, artifact?: unknown): AskedAnalysis {
    const { store } = this.options
    const next = change(this.found(id))
    if (artifact === undefined) store.asked.put(next)
    else store.asked.finish(next, artifact)
    this.tell(next)
    return next
  }

  private tell(asked: AskedAnalysis): void {
    this.options.hub.emit('analysis.changed', { runId: asked.runId, asked })
  }

  private goOn(): void {
    if (this.current || this.closed) return
    const next = this.waiting.shift()
    if (!next) return
    const ending = new AbortController()
    const done = this.measure(next, ending.signal).finally(() => {
      this.current = null
      this.progress = null
      this.goOn()
    })
    this.current = { id: next.id, ending, done }
  }

  /** Never rejects. */
  private async measure({ id, device }: { id: string; device: Device }, signal: AbortSignal): Promise<void> {
    const { log, launch } = this.options
    try {
      // The caller has its answer first.
      await Promise.resolve()
      const asked = this.update(id, (one) => ({ ...one, state: 'running', startedAt: Date.now() }))
      const told = tenASecond((progress: ShortProgress) => this.tellProgress(id, progress))
      const { artifact, warnings } = await runShortJob(launch, await this.jobOf(asked, device), signal, told)
      signal.throwIfAborted()
      if (artifact === undefined) throw new Error('The trainer reported no artifact.')
      const { members } = this.family
      const read = readArtifact({ stageId: '', analysis: asked.analysis, step: 0, artifact }, members)
      const found = { line: read.line, numbers: numbersOf(read, members) }
      this.update(id, (one) => ({ ...one, ...ended('done'), warnings, ...found }), artifact)
      this.copying = this.copying.then(() => this.copied(id))
    } catch (error) {
      try {
        this.failed(id, error, signal)
      } catch (fault) {
        log.error('What became of an analysis could not be written down.', fault)
      }
    }
  }

  /** The database has it: without its copy it is shown all the same. */
  private async copied(id: string): Promise<void> {
    const { store, log } = this.options
    await store.asked
      .copy(id)
      .catch((error: unknown) => log.error('What an analysis found could not be written beside its run.', error))
  }

  private failed(id: string, error: unknown, signal: AbortSignal): void {
    const asked = this.options.store.asked.find(id)
    if (!asked || hasEnded(asked)) return
    if (signal.aborted) this.update(id, notFinished)
    else this.update(id, (one) => ({ ...one, ...ended('failed'), error: toCauses(error) }))
  }

  private tellProgress(id: string, { fraction, message, secondsLeft }: ShortProgress): void {
    const asked = this.options.store.asked.find(id)
    if (!asked || hasEnded(asked)) return
    this.progress = { fraction, message: message ?? 'Measuring', secondsLeft }
    this.tell({ ...asked, progress: this.progress })
  }

  private async jobOf({ runId, analysis, params, stageIds, step }: AskedAnalysis, device: Device) {
    const { store, table, cacheFolder, isTraining } = this.options
    const run = store.runs.summary(runId)
    const config = asTrained(runId, store, table)
    const chosen = stageIds.flatMap((id) => run.stages.filter((stage) => stage.id === id))
    const { member } = this.family.open({ id: analysis, params: { ...params } }, 'analysis')
    const stages = member.when === 'asked' ? lookedAtStages(run, { subject: member.subject, chosen }, store) : chosen
    const analysed = { run, store, nameOf: stageNamer(run, table.find) }
    return {
      kind: 'analyse',
      analysis: { id: analysis, params: { ...params } },
      config: {
        ...config,
        execution: {
          ...config.execution,
          device: device === 'auto' && isTraining() ? 'cpu' : device,
          threads: store.settings().threads,
        },
      },
      cacheFolder,
      teacher: teacherWeights(run),
      stages: await Promise.all(stages.map((stage) => analysedStage(analysed, stage))),
      step,
    } as const
  }
}

const ended = (state: 'done' | 'failed' | 'interrupted') => ({ state, endedAt: Date.now(), progress: null }) as const

const notFinished = (asked: AskedAnalysis): AskedAnalysis => ({
  ...asked,
  ...ended('interrupted'),
  error: toCauses(new UserError('Not finished: the engine ended before.', { action: 'Ask for it again.' })),
})
