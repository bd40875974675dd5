import { defineStore } from 'pinia'
import { shallowReactive, shallowRef, type ShallowRef } from 'vue'
import type { SyntheticImages } from '@shared/domain'
import { useConnection } from '../api/connection'
import { onStepsBack } from './stepsBack'

/** Steps whose images stay in memory per stage: 64 images of 32×32×3 are 0.2 MB, so a stage stays below 40 MB. */
const keptInMemory = 200

export interface StageImages {
  /** Kept steps, ascending. */
  steps: ShallowRef<number[]>
  cache: Map<number, SyntheticImages>
  state: ShallowRef<'loading' | 'ready' | 'failed'>
  error: ShallowRef<unknown>
}

/** Synthetic images of the stages that a view has opened. */
export const useImagesStore = defineStore('images', () => {
  const { engine, onReopen } = useConnection()
  const stages = shallowReactive(new Map<string, StageImages>())
  const keyOf = (runId: string, stageId: string): string => `${runId}/${stageId}`

  async function fetchSteps(runId: string, stageId: string, entry: StageImages): Promise<void> {
    if (entry.state.value === 'failed') entry.state.value = 'loading'
    try {
      const { steps } = await engine.call('runs.imageSteps', { runId, stageId })
      entry.steps.value = merge(steps, entry.state.value === 'loading' ? entry.steps.value : [])
      entry.state.value = 'ready'
    } catch (error) {
      entry.error.value = error
      if (entry.state.value === 'loading') entry.state.value = 'failed'
    }
  }
  /** Opens a stage's images; a list that failed is asked for again only by `retry`: views open in what they compute. */
  function open(runId: string, stageId: string): StageImages {
    const key = keyOf(runId, stageId)
    const known = stages.get(key)
    if (known) return known
    const entry: StageImages = {
      steps: shallowRef([]),
      cache: new Map(),
      state: shallowRef('loading'),
      error: shallowRef(null),
    }
    stages.set(key, entry)
    void fetchSteps(runId, stageId, entry)
    return entry
  }
  function retry(runId: string, stageId: string): void {
    void fetchSteps(runId, stageId, open(runId, stageId))
  }
  function remember(entry: StageImages, images: SyntheticImages): void {
    entry.cache.delete(images.step)
    entry.cache.set(images.step, images)
    const oldest = entry.cache.keys().next()
    if (entry.cache.size > keptInMemory && !oldest.done) entry.cache.delete(oldest.value)
  }
  /** The images of one kept step, from memory where they are. */
  async function fetch(runId: string, stageId: string, step: number, signal?: AbortSignal): Promise<SyntheticImages> {
    const entry = open(runId, stageId)
    const known = entry.cache.get(step)
    if (known) return known
    const images = await engine.call('runs.images', { runId, stageId, step }, signal)
    remember(entry, images)
    return images
  }
  engine.subscribe('run.images', {}, ({ runId, stageId, step, images }) => {
    const entry = stages.get(keyOf(runId, stageId))
    if (!entry) return
    if (images) remember(entry, images)
    entry.steps.value = merge(entry.steps.value, [step])
    // The engine thins kept steps evenly beyond the budget; a doubled spacing shows only in a fresh list.
    if (entry.steps.value.length % 50 === 0) void fetchSteps(runId, stageId, entry)
  })
  onStepsBack(engine, (runId, stageId) => {
    const entry = stages.get(keyOf(runId, stageId))
    if (!entry) return
    entry.cache.clear()
    void fetchSteps(runId, stageId, entry)
  })
  onReopen(() => {
    for (const [key, entry] of stages) {
      const [runId = '', stageId = ''] = key.split('/')
      void fetchSteps(runId, stageId, entry)
    }
  })
  engine.subscribe('run.removed', {}, ({ runId }) => {
    for (const key of stages.keys()) if (key.startsWith(`${runId}/`)) stages.delete(key)
  })
  return { open, retry, fetch }
})

function merge(known: readonly number[], added: readonly number[]): number[] {
  return [...new Set([...known, ...added])].sort((a, b) => a - b)
}
