/** When finished stages are thinned: as they end, as their runs and studies do, and when somebody asks. */
import type { EngineLog } from '../log'
import type { RunStore } from '../store'
import type { RunRecorder } from './recorder'
import type { SpareCheckpoint, Thinning } from './thinning'
import type { RunCalls } from './types'

export interface FreeSpaceOptions {
  readonly store: RunStore
  readonly recorder: Pick<RunRecorder, 'settle'>
  readonly thinning: Thinning
  readonly log: Pick<EngineLog, 'info' | 'error'>
}

export interface FreeSpace {
  readonly calls: Pick<RunCalls, 'runs.spareCheckpoints' | 'runs.freeSpace'>
  /** Before it is written down that the stage at a place, or a run, is done: it will be thinned, whatever comes. */
  stageEnds(place: string): void
  runEnds(runId: string): void
  /** What an engine that was killed had still to thin. */
  goOn(): void
  /** The stage at a place is done. */
  stageDone(place: string): void
  /** A run is over: what its students went on from may be of no more use either. */
  runDone(runId: string): void
  studyDone(studyId: string): void
  /** Resolves when nothing is being removed any more; nothing is from then on. */
  close(): Promise<void>
}

const bytesOf = (spare: readonly SpareCheckpoint[]): number => spare.reduce((sum, { bytes }) => sum + bytes, 0)

export function createFreeSpace({ store, recorder, thinning, log }: FreeSpaceOptions): FreeSpace {
  let last: Promise<unknown> = Promise.resolve()
  let closed = false

  /** One after the other: each sees what those before it have left. */
  function thin(places?: readonly string[]): Promise<SpareCheckpoint[]> {
    const own = last.then(async () => {
      if (closed) return []
      const gone = await thinning.thin(places)
      if (gone.length > 0) await told(gone)
      return gone
    })
    last = own.catch((error: unknown) => log.error('Checkpoints that nobody needs could not be removed.', error))
    return own
  }
  async function told(gone: readonly SpareCheckpoint[]): Promise<void> {
    const places = [...new Set(gone.map(({ place }) => place))]
    log.info(`${gone.length} checkpoints of finished stages were removed, ${bytesOf(gone)} bytes: ${places.join(', ')}`)
    await settleRuns(places)
  }
  const placesOf = (runId: string): string[] => {
    // It may have been removed while its sizes were written down.
    if (!store.runs.has(runId)) return []
    return store.runs
      .peek(runId)
      .stages.flatMap(({ place, prefix }) => [
        ...(place === undefined ? [] : [place]),
        ...(prefix ? store.stages.withKey(prefix.key).map((stage) => stage.place) : []),
      ])
  }
  const mark = (places: readonly string[]): void => {
    if (!closed && places.length > 0) store.unthinned.add([...new Set(places)])
  }
  const quietly = (places: readonly string[]): void => {
    if (closed || places.length === 0) return
    void thin([...new Set(places)])
      .then(() => {
        if (!closed) store.unthinned.remove(places)
      })
      .catch(() => undefined)
  }
  async function settleRuns(places: readonly string[]): Promise<void> {
    for (const id of new Set(places.flatMap((place) => store.runs.naming(place))))
      if (!closed && store.runs.has(id) && store.runs.peek(id).endedAt !== null) await recorder.settle(id)
  }
  return {
    calls: {
      'runs.spareCheckpoints': async () => {
        const spare = await thinning.spare()
        return { checkpoints: spare.length, bytes: bytesOf(spare) }
      },
      'runs.freeSpace': async () => {
        const gone = await thin()
        return { checkpoints: gone.length, freedBytes: bytesOf(gone) }
      },
    },
    stageEnds: (place) => mark([place]),
    runEnds: (runId) => mark(placesOf(runId)),
    goOn() {
      const places = store.unthinned.all()
      quietly(places)
      // Their sizes were not written down either.
      last = last.then(() => settleRuns(places))
    },
    stageDone: (place) => quietly([place]),
    runDone: (runId) => quietly(placesOf(runId)),
    studyDone: (studyId) =>
      quietly(
        store.runs
          .list(true)
          .filter(({ study }) => study?.id === studyId)
          .flatMap(({ id }) => placesOf(id)),
      ),
    async close() {
      closed = true
      await last
    },
  }
}
