/**
 * Stages as they lie in the workspace: each at its place, whichever runs name it. The control process is the only
 * writer, so what they have come to is kept in memory.
 */
import { basename, join } from 'node:path'
import type { StageName, StageProgress } from '../../../../shared/domain'
import { textOf, type Database } from './database'

/** A stage at its place. */
export interface KeptStage extends StageProgress, Pick<StageName, 'kind'> {
  /** Its folder relative to the workspace. */
  readonly place: string
  /** See control/experiments/stageKeys.ts; null where nobody could tell. */
  key: string | null
  /** The run for which it was trained last, or waits to be. */
  trainedFor: string | null
}

export interface StagesTable {
  has(place: string): boolean
  /** @throws where there is none */
  get(place: string): Readonly<KeptStage>
  /** Of one key, the newest place first. */
  withKey(key: string): Readonly<KeptStage>[]
  all(): Iterable<Readonly<KeptStage>>
  insert(stage: KeptStage): void
  /** `write: false` keeps it in memory until the next write (progress comes often). */
  update(place: string, change: Partial<KeptStage>, options?: { write: boolean }): Readonly<KeptStage>
  /** With everything that was recorded of it; its folder is the caller's. */
  remove(place: string): void
  /** Told of every change, before it is written. */
  onChange(listener: (place: string) => void): void
  /** Takes places out of the memory whose rows a transaction has taken back. */
  forget(places: readonly string[]): void
  /** Places that could not be read, with the reason. */
  readonly damaged: ReadonlyMap<string, unknown>
}

/** Where a stage of earlier versions lies: in its run's folder. */
export const placeInRun = (runId: string, stageId: string): string => `runs/${runId}/${stageId}`
/** The first place of a key; training it again takes another one. */
export const placeOfKey = (key: string, again = 0): string =>
  again === 0 ? `stages/${key}` : `stages/${key}-${again + 1}`

/** @param workspace its folder, as it is now */
export function createStagesTable(database: Database, workspace: string): StagesTable {
  const { stages, damaged } = load(database, workspace)
  const places = new Map<string, Set<string>>()
  const index = ({ key, place }: KeptStage): void => {
    if (key !== null) places.set(key, (places.get(key) ?? new Set()).add(place))
  }
  const unindex = ({ key, place }: KeptStage): void => {
    if (key === null) return
    places.get(key)?.delete(place)
    if (places.get(key)?.size === 0) places.delete(key)
  }
  for (const stage of stages.values()) index(stage)
  const listeners: ((place: string) => void)[] = []
  const changed = (place: string): void => {
    for (const listener of listeners) listener(place)
  }
  const get = (place: string): KeptStage => {
    const stage = stages.get(place)
    if (!stage) throw new Error(`There is no stage at ${place}.`)
    return stage
  }
  const textOfStage = ({ place: _place, key: _key, activity: _activity, ...record }: KeptStage): string =>
    JSON.stringify(record)
  return {
    damaged,
    onChange(listener) {
      listeners.push(listener)
    },
    has: (place) => stages.has(place),
    get,
    all: () => stages.values(),
    withKey: (key) => [...(places.get(key) ?? [])].map(get).reverse(),
    insert(stage) {
      database.run(
        'INSERT OR REPLACE INTO stages (place, key, record) VALUES (?, ?, ?)',
        stage.place,
        stage.key,
        textOfStage(stage),
      )
      stages.set(stage.place, stage)
      index(stage)
      changed(stage.place)
    },
    update(place, change, { write } = { write: true }) {
      const before = get(place)
      const stage = { ...before, ...structuredClone(change) }
      stages.set(place, stage)
      changed(place)
      if (stage.key !== before.key) {
        unindex(before)
        index(stage)
      }
      if (write)
        database.run('UPDATE stages SET key = ?, record = ? WHERE place = ?', stage.key, textOfStage(stage), place)
      return stage
    },
    remove(place) {
      const stage = stages.get(place)
      database.transaction(() => {
        for (const table of ['series', 'images', 'pool', 'artifacts', 'journal_positions', 'unthinned', 'stages'])
          database.run(`DELETE FROM ${table} WHERE place = ?`, place)
      })
      if (stage) unindex(stage)
      stages.delete(place)
      changed(place)
    },
    forget(gone) {
      for (const place of gone) {
        const stage = stages.get(place)
        if (stage) unindex(stage)
        stages.delete(place)
      }
    },
  }
}

/** A stage that nobody has worked at. */
export const waitingStage = (stage: Pick<KeptStage, 'place' | 'key' | 'kind' | 'trainedFor'>): KeptStage => ({
  ...stage,
  state: 'waiting',
  step: 0,
  totalSteps: null,
  seconds: 0,
  secondsLeft: null,
  evaluation: null,
  weights: null,
  warnings: [],
})

function load(
  database: Database,
  workspace: string,
): { stages: Map<string, KeptStage>; damaged: Map<string, unknown> } {
  const stages = new Map<string, KeptStage>()
  const damaged = new Map<string, unknown>()
  for (const [place, key, record] of database.columns('SELECT place, key, CAST(record AS BLOB) FROM stages')) {
    const at = { place: String(place), key: key === null ? null : String(key) }
    try {
      const stored = JSON.parse(textOf(record)) as Omit<KeptStage, 'place' | 'key'>
      if (typeof stored !== 'object' || stored === null || typeof stored.state !== 'string')
        throw new Error('fields are missing')
      // A workspace may have been moved since: a model lies in its stage's folder, wherever that is.
      const weights = stored.weights && join(workspace, at.place, basename(stored.weights))
      stages.set(at.place, { ...stored, weights, trainedFor: stored.trainedFor ?? ownerOf(at.place), ...at })
    } catch (error) {
      damaged.set(at.place, error)
    }
  }
  return { stages, damaged }
}

/** Of a stage in a run's folder that run. */
const ownerOf = (place: string): string | null => /^runs\/([^/]+)\//.exec(place)?.[1] ?? null
