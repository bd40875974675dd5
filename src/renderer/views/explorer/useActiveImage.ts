import { computed, shallowRef } from 'vue'
import type { ImageSource } from '@shared/domain'
import type { ColumnInfo } from './columns'
import { factsOf, type ImageFact } from './imageFacts'
import { imageKey } from './imageKey'
import { placeOf } from './imageTable'
import { useImagePixels } from './useImagePixels'
import type { Lane } from './useLanes'

export interface ActiveImageSource {
  readonly lanes: () => readonly Lane[]
  readonly source: () => ImageSource
  readonly columns: () => readonly ColumnInfo[]
  readonly classNamesOf: (lane: Lane) => readonly string[]
  readonly stepTitle: () => string
}

/** The image under the focus: where it is from, what is known of it, its pixels. */
export function useActiveImage({ lanes, source, columns, classNamesOf, stepTitle }: ActiveImageSource) {
  const active = shallowRef<{ lane: number; image: number } | null>(null)
  const activePlace = computed(() => {
    const lane = lanes()[active.value?.lane ?? -1]
    if (!lane || !active.value || active.value.image < 0) return null
    return { lane, image: active.value.image, ...placeOf(lane.table, active.value.image) }
  })
  const activeKey = computed(() =>
    activePlace.value ? imageKey(activePlace.value.lane.number, activePlace.value.at, activePlace.value.index) : null,
  )
  function factsIn(lane: Lane, image: number): ImageFact[] {
    const names = classNamesOf(lane)
    return factsOf(lane.table, image, { known: columns(), className: (label) => names[label] ?? `class ${label}` })
  }
  const activeFacts = computed(() =>
    activePlace.value ? factsIn(activePlace.value.lane, activePlace.value.image) : [],
  )
  const { answers } = useImagePixels({
    lanes,
    source,
    keys: () => (activeKey.value === null ? [] : [activeKey.value]),
  })
  const activeAnswer = computed(() => answers.value.get(activeKey.value ?? -1) ?? null)
  /** For those who do not see it. */
  function describe(lane: Lane, image: number): string {
    const { at, index } = placeOf(lane.table, image)
    const facts = factsIn(lane, image).map(({ title, text }) => `${title} ${text}`)
    return [`${lane.student.name}, ${stepTitle().toLowerCase()} ${at}, image ${index + 1}`, ...facts].join(', ')
  }
  return { active, activePlace, activeKey, activeFacts, activeAnswer, factsIn, describe }
}
