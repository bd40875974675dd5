import { defineStore } from 'pinia'
import { shallowRef, type ShallowRef } from 'vue'
import type { SyntheticImages } from '@shared/domain'
import { useConnection } from '../api/connection'
import { createStageCache, type StageEntry, type StageOfRun } from './stageCache'

/** Steps whose images stay in memory per stage: 64 images of 32×32×3 are 0.2 MB, so a stage stays below 40 MB. */
const keptInMemory = 200
/** Of all stages together: so many steps of two usual students. */
const mostBytes = 80 * 1024 * 1024
/** New steps between two looks at whether earlier ones were thinned. */
const thinningCheck = 50
/** Stages whose images stay in memory. */
const keptStages = 32

interface Images {
  /** Kept steps, ascending. */
  steps: ShallowRef<number[]>
  /** Grows when images may be others than they were: the stage went back to an earlier step. */
  remade: ShallowRef<number>
  /** In the order of their last use. */
  inMemory: Map<number, SyntheticImages>
  /** Steps that were asked for ahead of their use. */
  ahead: Map<number, Promise<SyntheticImages | null>>
}
export type StageImages = StageEntry<Images>

/** Images that are in memory, those that were used last at the end; beyond the bounds the first ones go. */
function createMemory() {
  const owners = new Map<SyntheticImages, Images>()
  let bytes = 0
  function drop(content: Images, step: number): void {
    const images = content.inMemory.get(step)
    if (!images || !content.inMemory.delete(step) || !owners.delete(images)) return
    bytes -= images.pixels.byteLength
  }
  function remember(content: Images, images: SyntheticImages): void {
    drop(content, images.step)
    content.inMemory.set(images.step, images)
    owners.set(images, content)
    bytes += images.pixels.byteLength
    const [oldest] = content.inMemory.keys()
    if (content.inMemory.size > keptInMemory && oldest !== undefined) drop(content, oldest)
    for (const [other, owner] of owners) {
      if (bytes <= mostBytes || other === images) return
      drop(owner, other.step)
    }
  }
  function clear(content: Images): void {
    for (const step of [...content.inMemory.keys()]) drop(content, step)
  }
  return { remember, clear }
}
const withStep = (steps: readonly number[], step: number): number[] =>
  [...new Set([...steps, step])].sort((a, b) => a - b)

/** Synthetic images of the stages that a view has opened. */
export const useImagesStore = defineStore('images', () => {
  const { engine } = useConnection()
  const memory = createMemory()
  const { open, find, refresh, add } = createStageCache({
    mostStages: keptStages,
    create: (): Images => ({ steps: shallowRef([]), remade: shallowRef(0), inMemory: new Map(), ahead: new Map() }),
    ask: (stage) => engine.call('runs.imageSteps', stage),
    take: (content, { steps }) => {
      content.steps.value = steps
    },
    add: (content, step: number) => {
      content.steps.value = withStep(content.steps.value, step)
    },
    stepBack: (content) => {
      memory.clear(content)
      content.ahead.clear()
      content.remade.value++
    },
    dropped: memory.clear,
  })
  /** The images of one kept step, from memory where they are. */
  async function fetch(stage: StageOfRun, step: number, signal?: AbortSignal): Promise<SyntheticImages> {
    const entry = open(stage)
    const images = entry.inMemory.get(step) ?? (await entry.ahead.get(step)) ?? (await ask(stage, step, signal))
    memory.remember(entry, images)
    return images
  }
  const ask = ({ runId, stageId }: StageOfRun, step: number, signal?: AbortSignal): Promise<SyntheticImages> =>
    engine.call('runs.images', { runId, stageId, step }, signal)
  /** What is likely to be looked at next; a failure shows when it is. */
  function prefetch(stage: StageOfRun, steps: readonly number[]): void {
    const entry = open(stage)
    for (const step of steps) {
      if (entry.inMemory.has(step) || entry.ahead.has(step)) continue
      const coming = ask(stage, step).then(
        (images) => {
          // Of a step that the engine has gone back behind since, nothing is kept.
          if (entry.ahead.get(step) === coming) memory.remember(entry, images)
          return images
        },
        () => null,
      )
      entry.ahead.set(step, coming)
      void coming.finally(() => entry.ahead.get(step) === coming && entry.ahead.delete(step))
    }
  }
  engine.subscribe('run.images', {}, ({ step, images, ...stage }) => {
    const entry = find(stage)
    if (!entry) return
    if (images) memory.remember(entry, images)
    add(stage, step)
    // The engine thins kept steps evenly beyond the budget; a doubled spacing shows only in a fresh list.
    if (entry.steps.value.length % thinningCheck === 0) refresh(stage)
  })
  return { open, refresh, fetch, prefetch }
})
