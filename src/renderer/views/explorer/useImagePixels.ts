import { shallowRef, watch } from 'vue'
import type { ImageSource } from '@shared/domain'
import { sentenceOf } from '@shared/errors'
import { useConnection } from '../../api/connection'
import { useNewestTask } from '../../composables/useNewestTask'
import { imagePixels, type ImageAnswer } from './imagePixels'
import { onRemade } from './onRemade'
import type { Lane } from './useLanes'

export interface PixelsShown {
  readonly lanes: () => readonly Lane[]
  readonly source: () => ImageSource
  readonly keys: () => readonly number[]
}

/** A few images in their own size, asked for as they are needed; what is shown already is not asked for again. */
export function useImagePixels({ lanes, source, keys }: PixelsShown) {
  const { engine } = useConnection()
  const task = useNewestTask()
  const answers = shallowRef<ReadonlyMap<number, ImageAnswer>>(new Map())
  const pending = shallowRef(false)
  async function ask(wanted: readonly number[]): Promise<void> {
    const known = new Map([...answers.value].filter(([key]) => wanted.includes(key)))
    const missing = wanted.filter((key) => !known.has(key))
    task.abort()
    pending.value = missing.length > 0
    if (missing.length > 0) {
      const outcome = await task.run((signal) =>
        imagePixels(engine, { lanes: lanes(), source: source(), keys: missing, signal }),
      )
      if (outcome.kind === 'overtaken') return
      const found =
        outcome.kind === 'done'
          ? outcome.value
          : new Map(missing.map((key) => [key, { batch: null, fault: sentenceOf(outcome.error) }]))
      for (const [key, answer] of found) known.set(key, answer)
    }
    pending.value = false
    answers.value = known
  }
  watch(
    () => keys().join(),
    () => void ask([...keys()]),
    { immediate: true },
  )
  onRemade(lanes, () => {
    answers.value = new Map()
    void ask([...keys()])
  })
  return { answers, pending }
}
