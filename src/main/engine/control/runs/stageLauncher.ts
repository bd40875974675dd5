/** Hands a stage over to an executor: its folder, the files that it reads, and what its trainer is asked to do. */
import { availableParallelism } from 'node:os'
import { checkpointNameText, type ExperimentConfig, type RunSummary, type StageRecord } from '../../../../shared/domain'
import { UserError } from '../../../../shared/errors'
import { listCheckpoints } from '../../protocol/checkpointFiles'
import type { StageStart } from '../../protocol/plans'
import type { Executor, StageTask } from '../executors/executor'
import type { CostModel } from '../experiments/costModel'
import { absentPrint } from '../experiments/fingerprints'
import type { MemberTable } from '../experiments/memberTable'
import type { StageKey } from '../experiments/stageKeys'
import { makeFolder } from '../../weights/atomicFile'
import { placeInRun, type RunStore } from '../store'
import { asTrained } from './asTrained'
import { refuseCollapsedTeacher } from './collapsedTeacher'
import { copyNamedFiles, copyTeacherFile, importedTeacherFile, withCopiedFiles } from './copiedFiles'
import { placeOf, type ReadyStage } from './demand'
import { forkStart } from './forkStart'
import type { RunRecorder } from './recorder'
import type { StageBook } from './stageBook'
import { jobOf } from './stageJobs'
import { superviseStage, type RunningStage } from './stageSupervisor'

export interface LauncherOptions {
  readonly store: RunStore
  readonly recorder: RunRecorder
  /** The declarations that tell which parameters name files. */
  readonly table: MemberTable
  readonly costs: Pick<CostModel, 'distillation' | 'length'>
  readonly cacheFolder: string
  readonly book: Pick<StageBook, 'read' | 'filesOf'>
  keysOf(run: RunSummary): readonly StageKey[]
}

export interface StageSurroundings {
  /** Steps after which other students go on from this one. */
  readonly branchesAt: readonly number[]
  /** Stages that share this machine with it, itself included, where its run asks for more than the slots. */
  readonly sharers: number
}

export interface StageLauncher {
  /** @throws where the files that the stage reads cannot be read */
  launch(ready: ReadyStage, executor: Executor, others: StageSurroundings): Promise<RunningStage>
  /** Follows a stage that an earlier control has handed over. */
  attach(place: string, executor: Executor, runId: string): RunningStage
}

export function createStageLauncher(options: LauncherOptions): StageLauncher {
  return new Launcher(options)
}

class Launcher implements StageLauncher {
  constructor(private readonly options: LauncherOptions) {}

  async launch(
    { runId, stage, after }: ReadyStage,
    executor: Executor,
    { branchesAt, sharers }: StageSurroundings,
  ): Promise<RunningStage> {
    const { store, recorder, table, cacheFolder } = this.options
    const run = store.runs.summary(runId)
    const config = store.runs.config(runId)
    if (stage.kind === 'student') refuseCollapsedTeacher(run, stage, config)
    const folderOf = (one: StageRecord): string => store.stageFolder(placeOf(one))
    const runFolder = store.runFolder(runId)
    const folder = folderOf(stage)
    await makeFolder(folder)
    if (stage.kind === 'teacher' && config.teacher.source === 'file')
      await copyTeacherFile(config.teacher.file, importedTeacherFile(folder, config))
    // The data stage checks what it finds; every later stage takes what was checked, however often the run is resumed.
    await copyNamedFiles(config, table, runFolder, { anew: stage.kind === 'data' })
    await this.assertSameFiles(run)
    const job = jobOf(stage, {
      run,
      config: withCopiedFiles(config, table, runFolder),
      folderOf,
      cacheFolder,
      threads: this.threads(sharers),
      startFrom: this.startOf(run, stage, config),
      branchesAt,
    })
    const place = placeOf(stage)
    // Said before it is true: an engine that ends now must look whether it runs.
    recorder.updateStage(place, { state: 'running' })
    const task: StageTask = {
      place,
      folder,
      title: `${run.name}, ${stage.title}`,
      needs: { threads: config.execution.threads || this.threads(sharers), device: config.execution.device },
      after,
    }
    return superviseStage({ context: recorder.contextOf(place, runId, config), executor, task, job })
  }

  attach(place: string, executor: Executor, runId: string): RunningStage {
    const { store, recorder } = this.options
    const config = store.runs.config(runId)
    const run = store.runs.summary(runId)
    const task: StageTask = {
      place,
      folder: store.stageFolder(place),
      title: run.name,
      needs: { threads: config.execution.threads, device: config.execution.device },
      after: [],
    }
    return superviseStage({ context: recorder.contextOf(place, runId, config), executor, task, job: null })
  }

  /**
   * What a stage comes to is filed under the content that its files had when its run was made.
   * @throws UserError that names a file that holds something else by now
   */
  private async assertSameFiles({ id, files = [] }: RunSummary): Promise<void> {
    if (files.length === 0) return
    const { store, table, book } = this.options
    const config = asTrained(id, store, table)
    await book.read([config])
    // The same parameters in the same order, with copies in place of some originals.
    const found = book.filesOf(config)
    const changed = found.findIndex(({ print }, index) => print !== files[index]?.print)
    if (changed < 0) return
    const where = files[changed]?.path ?? id
    if (found[changed]?.print === absentPrint)
      throw new UserError('A file or folder that this run reads is gone.', {
        wanted: 'what was there when the run was made',
        got: 'nothing at its path',
        where,
        action: 'Put it back and resume, or set up a copy of the run that names its new place.',
      })
    throw new UserError('A file or folder that this run reads has changed since the run was made.', {
      wanted: 'the content that it had then',
      got: 'other content',
      where,
      action: 'Put the content back and resume, or start the experiment again: it is another one now.',
    })
  }

  /** Threads of one task: all, or its share where several run at once. */
  private threads(sharers: number): number {
    const { threads, slots } = this.options.store.settings()
    const share = Math.max(slots, sharers)
    return threads || (share > 1 ? Math.max(1, Math.floor(availableParallelism() / share)) : 0)
  }

  /** Where a student goes on from: a named student of another run, one of its prefix's key, or nowhere. */
  private startOf(run: RunSummary, stage: StageRecord, config: ExperimentConfig): StageStart | undefined {
    const plan = config.students[stage.index]
    if (stage.kind !== 'student' || !plan) return undefined
    const { store, costs } = this.options
    const prefix = this.options.keysOf(run).find(({ id }) => id === stage.id)?.prefix
    if (prefix?.fork) return forkStart(store, run, { stage, prefix })
    const { from } = costs.length(plan, costs.distillation(config)?.pseudoBatches ?? 0)
    if (from) {
      const named = store.runs.has(from.runId)
        ? store.runs.peek(from.runId).stages.find(({ id }) => id === from.stageId)?.place
        : undefined
      return {
        folder: store.stageFolder(named ?? placeInRun(from.runId, from.stageId)),
        step: from.step,
        named: checkpointNameText(from),
      }
    }
    if (!prefix) return undefined
    const folder = store.stages
      .withKey(prefix.key)
      .map(({ place }) => store.stageFolder(place))
      .find((one) => listCheckpoints(one).some(({ step }) => step === prefix.step))
    // For one that will have been done elsewhere by then, the first place of its key is where it will be.
    const coming = folder ?? this.comingFolder(prefix.key)
    return coming === undefined ? undefined : { folder: coming, step: prefix.step }
  }

  private comingFolder(key: string): string | undefined {
    const { store } = this.options
    const coming = store.stages.withKey(key).find(({ state }) => state !== 'done')
    return coming && store.stageFolder(coming.place)
  }
}
