/** The calls that look at runs and what they recorded, and that change a run's name, note and tags. */
import { copiedName, poolBytesOf, type PartialExperimentConfig, type RunSummary } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { changedFromDefaults } from '../experiments/changedFromDefaults'
import type { Resolution } from '../experiments/resolve'
import type { RunStore } from '../store'
import { readArtifact } from './artifacts'
import type { RunRecorder } from './recorder'
import { resumePointOf } from './resumePoint'
import type { RunCalls } from './types'

export interface RecordCallsOptions {
  readonly store: RunStore
  readonly recorder: RunRecorder
  resolve(config: PartialExperimentConfig): Resolution
  /** The copy beside a run's files is behind. */
  changed(runId: string): void
}

type RecordCallName =
  | 'runs.list'
  | 'runs.binned'
  | 'runs.get'
  | 'runs.clone'
  | 'runs.resumePoint'
  | 'runs.metrics'
  | 'runs.imageSteps'
  | 'runs.images'
  | 'runs.artifacts'
  | 'runs.pool'
  | 'runs.poolImages'
  | 'runs.keptImages'
  | 'runs.keptPixels'
  | 'runs.log'
  | 'runs.rename'
  | 'runs.note'
  | 'runs.tag'

export function recordCalls({ store, recorder, resolve, changed }: RecordCallsOptions): Pick<RunCalls, RecordCallName> {
  const edit = (runId: string, change: Partial<Pick<RunSummary, 'name' | 'note' | 'tags'>>): RunSummary => {
    const run = store.transaction(() => store.runs.update(runId, change), { durable: true })
    recorder.tell(runId)
    changed(runId)
    return run
  }
  const placeIn = (runId: string, stageId: string): string => {
    const { stages } = store.runs.peek(runId)
    const place = stages.find(({ id }) => id === stageId)?.place
    if (place !== undefined) return place
    throw new RefusedInputError(`The run "${runId}" has no stage "${stageId}".`, {
      wanted: stages.map(({ id }) => id).join(', '),
      got: stageId,
    })
  }
  return {
    'runs.list': ({ includeDeleted, atWork }) =>
      atWork === true
        ? store.runs.ids(['running', 'queued']).map((id) => store.runs.summary(id))
        : store.runs.list(includeDeleted === true),
    'runs.binned': () => store.runs.binned(),
    'runs.get': ({ runId }) => {
      const config = store.runs.config(runId)
      return { ...store.runs.summary(runId), config, changedPaths: changedFromDefaults(config, resolve) }
    },
    'runs.resumePoint': ({ runId }) => resumePointOf(store.runs.summary(runId), store),
    'runs.clone': ({ runId }) => {
      const config = store.runs.config(runId)
      return { config: { ...config, name: copiedName(config.name) } }
    },
    'runs.metrics': async ({ runId, stageId, ...rest }) => {
      return { series: await store.metrics.read(placeIn(runId, stageId), rest) }
    },
    'runs.imageSteps': ({ runId, stageId }) => ({ steps: store.images.steps(placeIn(runId, stageId)) }),
    'runs.images': ({ runId, stageId, step }) => store.images.read(placeIn(runId, stageId), step),
    'runs.artifacts': ({ runId, stageId: wanted, analysis, notAfter }) => ({
      artifacts: store.runs
        .peek(runId)
        .stages.filter(({ id }) => wanted === undefined || id === wanted)
        .flatMap(({ id: stageId, place }) =>
          place === undefined
            ? []
            : store.artifacts.read(place, { analysis, notAfter }).map((stored) => readArtifact({ ...stored, stageId })),
        ),
    }),
    'runs.pool': ({ runId, stageId }) => ({
      ...store.pool.summary(placeIn(runId, stageId)),
      budgetBytes: poolBytesOf(store.runs.config(runId).recording),
    }),
    'runs.poolImages': ({ runId, stageId, call }) => store.pool.read(placeIn(runId, stageId), call),
    'runs.keptImages': ({ runId, stageId, source, from = 0 }) =>
      store.keptImages.grids({ place: placeIn(runId, stageId), source }, from),
    'runs.keptPixels': async ({ runId, stageId, source, ...asked }, signal) => ({
      grids: await store.keptImages.pixels({ place: placeIn(runId, stageId), source }, { ...asked, signal }),
    }),
    'runs.log': ({ runId, lines = 500 }) => store.readLog(recorder.summary(runId).id, lines),
    'runs.rename': ({ runId, name }) => {
      store.runs.setConfigName(runId, name)
      return edit(runId, { name })
    },
    'runs.note': ({ runId, note }) => edit(runId, { note }),
    'runs.tag': ({ runId, tags }) => edit(runId, { tags: [...new Set(tags)] }),
  }
}
