/** Which stages an experiment has, by key, and which of them are there already. */
import { existsSync } from 'node:fs'
import {
  kindsBefore,
  stagePrecision,
  type ExperimentConfig,
  type OwnStage,
  type RunSummary,
  type StageRecord,
} from '../../../../shared/domain'
import type { FilePrint, Fingerprints } from '../experiments/fingerprints'
import { stageKeysOf, type KeyContext, type StageKey } from '../experiments/stageKeys'
import { placeInRun, placeOfKey, waitingStage, type KeptStage, type RunStore } from '../store'
import { placeOf } from './demand'

/** What decides keys beside the configuration. */
export type GivenToKeys = Pick<KeyContext, 'teacher' | 'fork'>

export interface StageBook {
  /** Reads the files that these experiments name; awaited before their keys are asked for. */
  read(configs: readonly ExperimentConfig[]): Promise<void>
  /**
   * @param device of the device that the stages will run on
   * @param given a teacher that is taken as it is, from another device, and what the students go on from
   */
  keysOf(config: ExperimentConfig, device: 'cpu' | 'gpu', given?: GivenToKeys): readonly StageKey[]
  /** What the files that an experiment names hold, as they were read last. */
  filesOf(config: ExperimentConfig): readonly FilePrint[]
  /** The stage of a key that is done, or else one that is on its way; null where nobody has begun one. */
  find(key: string): Readonly<KeptStage> | null
  /** A teacher of this experiment that is done, from the other kind of device; null where there is none. */
  fromOtherDevice(config: ExperimentConfig, device: 'cpu' | 'gpu'): Readonly<KeptStage> | null
  /** The stages with keys and places: those that are there already, or new ones. */
  placed(
    stages: readonly StageRecord[],
    keys: readonly StageKey[],
    /** `fresh`: new ones for all of them, each trained from its own beginning */
    how?: { readonly fresh: boolean },
  ): StageRecord[]
  /** Places for a stage and for those that build on it, at which they are trained anew. */
  again(run: Readonly<RunSummary>, stageId: string): { stageId: string; stage: KeptStage }[]
}

export interface BookOptions {
  readonly store: RunStore
  readonly fingerprints: Fingerprints
  readonly context: Pick<KeyContext, 'table' | 'costs'>
}

export function createStageBook({ store, fingerprints, context }: BookOptions): StageBook {
  const find = (key: string): Readonly<KeptStage> | null => {
    const kept = store.stages.withKey(key)
    return (
      kept.find((stage) => stage.state === 'done' && isWhole(stage)) ??
      kept.find(({ state }) => state !== 'done') ??
      null
    )
  }
  /** Of the configurations that are at hand: a plan and its runs ask for the same ones. */
  const known = new WeakMap<ExperimentConfig, Partial<Record<'cpu' | 'gpu', readonly StageKey[]>>>()
  const keysOf: StageBook['keysOf'] = (config, device, given = {}) => {
    const fingerprint = (path: string): string => fingerprints.of(path)
    if (given.teacher !== undefined || given.fork !== undefined)
      return stageKeysOf(config, { ...context, ...given, device, fingerprint })
    const found = known.get(config) ?? {}
    const keys = (found[device] ??= stageKeysOf(config, { ...context, device, fingerprint }))
    known.set(config, found)
    return keys
  }
  return {
    async read(configs) {
      await fingerprints.read(configs)
      // The files that they name may be others by now.
      for (const config of configs) known.delete(config)
    },
    keysOf,
    filesOf: (config) => fingerprints.ofAll(config),
    fromOtherDevice(config, device) {
      if (config.teacher.source === 'file') return null
      const keys = keysOf(config, device === 'cpu' ? 'gpu' : 'cpu')
      const kept = find(keys.find(({ kind }) => kind === 'teacher')?.key ?? '')
      return kept?.state === 'done' ? kept : null
    },
    find,
    placed: (stages, keys, { fresh } = { fresh: false }) =>
      stages.map((stage) => {
        const wanted = keys.find(({ id }) => id === stage.id)
        if (!wanted) throw new Error(`The stage ${stage.id} has no key.`)
        if (fresh) return { ...stage, ...keyFields({ ...wanted, prefix: null }), place: newPlace(store, wanted.key) }
        const place = find(wanted.key)?.place ?? newPlace(store, wanted.key)
        return { ...stage, ...keyFields(wanted), place }
      }),
    again({ id: runId, stages }, stageId) {
      const chosen = stages.find(({ id }) => id === stageId)
      if (!chosen) return []
      return stages
        .filter((stage) => stage === chosen || kindsBefore[stage.kind].includes(chosen.kind))
        .map(({ id, key, place = placeInRun(runId, id), kind }) => ({
          stageId: id,
          stage: waitingStage({
            place: newPlace(store, key ?? place.replaceAll('/', '-')),
            key: key ?? null,
            kind,
            trainedFor: runId,
          }),
        }))
    },
  }
}

/** Its model may have been deleted from the disk. */
const isWhole = ({ weights }: Readonly<KeptStage>): boolean => weights === null || existsSync(weights)

function newPlace(store: RunStore, key: string): string {
  for (let again = 0; ; again++) {
    const place = placeOfKey(key, again)
    if (!store.stages.has(place)) return place
  }
}

/** A teacher that is there, for students that build on that one whatever their own configuration says. */
export const givenTeacher = ({
  key,
  keyDevice,
  precision,
}: Pick<OwnStage, 'key' | 'keyDevice' | 'precision'>): KeyContext['teacher'] =>
  key ? { key, keyDevice, precision: stagePrecision({ precision }) } : undefined

/** What a run's record says of a stage's key. */
export const keyFields = ({ key, keyDevice, prefix }: StageKey): Pick<OwnStage, 'key' | 'keyDevice' | 'prefix'> => ({
  key,
  ...(keyDevice ? { keyDevice } : {}),
  ...(prefix ? { prefix } : {}),
})

/** What a run's stages wait for, as their records tell. */
export function keysOfRun({ stages }: Readonly<RunSummary>): StageKey[] {
  const keyOf = (stage: StageRecord): string => stage.key ?? placeOf(stage)
  return stages.map((stage) => ({
    kind: stage.kind,
    index: stage.index,
    id: stage.id,
    key: keyOf(stage),
    keyDevice: stage.keyDevice,
    after: stages.filter(({ kind }) => kindsBefore[stage.kind].includes(kind)).map(keyOf),
    prefix: stage.prefix ?? null,
  }))
}
