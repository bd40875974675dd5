import { defineStore } from 'pinia'
import { shallowRef, type ShallowRef } from 'vue'
import type { ImageSource, KeptGrid } from '@shared/domain'
import { useConnection } from '../api/connection'
import { createStageCache, type StageEntry, type StageOfRun } from './stageCache'

/** A student has a few hundred steps of some 20 numbers per image each: about 2 MB. */
const keptStages = 16

interface Kept {
  /** In ascending order; null until they were read once. */
  grids: ShallowRef<readonly KeptGrid[] | null>
  /** How often the engine has gone back: a step that is kept again may have other pixels. */
  remade: ShallowRef<number>
}
export type KeptGridsEntry = StageEntry<Kept>

/** What is known of all kept images of the students that a view has opened, of either source. */
export const useKeptGridsStore = defineStore('keptGrids', () => {
  const { engine } = useConnection()
  const cacheOf = (source: ImageSource) =>
    createStageCache({
      mostStages: keptStages,
      create: (): Kept => ({ grids: shallowRef(null), remade: shallowRef(0) }),
      ask: (stage) => allGrids(stage, source),
      take: ({ grids }, answer) => {
        grids.value = answer
      },
      stepBack: ({ remade }) => {
        remade.value++
      },
    })
  /** In parts, as the engine gives them. */
  async function allGrids(stage: StageOfRun, source: ImageSource): Promise<KeptGrid[]> {
    const found: KeptGrid[] = []
    for (let from: number | null = 0; from !== null;) {
      const { grids, next }: { grids: KeptGrid[]; next: number | null } = await engine.call('runs.keptImages', {
        runId: stage.runId,
        stageId: stage.stageId,
        source,
        from,
      })
      found.push(...grids)
      from = next
    }
    return found
  }
  const caches = { steps: cacheOf('steps'), pool: cacheOf('pool') }
  // A step that is kept may have displaced earlier ones, in the pool as well.
  engine.subscribe('run.images', {}, (stage) => {
    for (const cache of Object.values(caches)) if (cache.find(stage)) cache.refresh(stage)
  })
  return {
    open: (stage: StageOfRun, source: ImageSource) => caches[source].open(stage),
    refresh: (stage: StageOfRun, source: ImageSource) => caches[source].refresh(stage),
  }
})
