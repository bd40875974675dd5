import { computed, ref } from 'vue'
import type { SyntheticImages } from '@shared/domain'
import { isBetween, isBoolean, useRemembered } from '../../composables/useRemembered'
import { largestTile } from '../../components/tileSizes'
import { suitableTile } from './sheetGeometry'

export const tileOrders = [
  { value: 'made', label: 'As made' },
  { value: 'teacherClass', label: 'By the teacher’s class' },
  { value: 'leastConfident', label: 'Teacher least confident first' },
  { value: 'mostConfident', label: 'Teacher most confident first' },
] as const
export type TileOrder = (typeof tileOrders)[number]['value']

/** `class:3` for the images of which the teacher says class 3. */
export type TileFilter = 'all' | 'suspected' | 'disagree' | `class:${number}`

const matches = (images: SyntheticImages, index: number, filter: TileFilter): boolean => {
  if (filter === 'all') return true
  if (filter === 'suspected') return Boolean(images.suspected?.[index])
  if (filter === 'disagree') return images.teacherClass?.[index] !== images.studentClass?.[index]
  return images.teacherClass?.[index] === Number(filter.slice('class:'.length))
}

/** The indexes of the images that match, in that order; those of equal rank as they were made. */
export function orderedTiles(images: SyntheticImages, order: TileOrder, filter: TileFilter): number[] {
  const { teacherClass = [], teacherConfidence = [] } = images
  const rankOf: Record<TileOrder, (index: number) => number> = {
    made: () => 0,
    teacherClass: (index) => teacherClass[index] ?? 0,
    leastConfident: (index) => teacherConfidence[index] ?? 0,
    mostConfident: (index) => -(teacherConfidence[index] ?? 0),
  }
  const rank = rankOf[order]
  return Array.from({ length: images.count }, (_, index) => index)
    .filter((index) => matches(images, index, filter))
    .sort((left, right) => rank(left) - rank(right) || left - right)
}

/** How the images of a step are laid out; order and filter stay while one moves through the steps. */
export function useTiles(images: () => SyntheticImages | null, nameOf: (label: number) => string) {
  const side = useRemembered('images.tile', suitableTile, isBetween(suitableTile, largestTile))
  const labelled = useRemembered('images.labels', false, isBoolean)
  const order = ref<TileOrder>('made')
  const filter = ref<TileFilter>('all')

  const classes = computed(() => {
    const counts = new Map<number, number>()
    for (const label of images()?.teacherClass ?? []) counts.set(label, (counts.get(label) ?? 0) + 1)
    // The chosen one stays to be seen as chosen where a step has none of it.
    if (filter.value.startsWith('class:')) {
      const chosen = Number(filter.value.slice('class:'.length))
      counts.set(chosen, counts.get(chosen) ?? 0)
    }
    return [...counts].sort(([left], [right]) => left - right)
  })
  const filters = computed<{ value: TileFilter; label: string }[]>(() => [
    { value: 'all', label: 'All images' },
    ...(images()?.suspected ? [{ value: 'suspected' as const, label: 'Suspected' }] : []),
    ...(images()?.studentClass ? [{ value: 'disagree' as const, label: 'Teacher and student disagree' }] : []),
    ...classes.value.map(([label, count]) => ({
      value: `class:${label}` as const,
      label: `Teacher: ${nameOf(label)} (${count})`,
    })),
  ])
  const shown = computed(() => {
    const now = images()
    return now ? orderedTiles(now, order.value, filter.value) : []
  })
  return { side, labelled, order, filter, filters, shown }
}
export type Tiles = ReturnType<typeof useTiles>
