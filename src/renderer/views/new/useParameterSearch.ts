import { computed, ref } from 'vue'
import type { FormPlace } from './useFormPlaces'

/** More than fit into a list that one reads. */
const shownResults = 12

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')

/** How well a parameter fits: lower is better, null where a word is nowhere in it. */
function rank({ path, owner, field }: FormPlace, words: readonly string[]): number | null {
  const label = field.label.toLowerCase()
  const ranked = words.map((word) => {
    if (field.symbol?.toLowerCase() === word) return 0
    if (label.startsWith(word)) return 1
    if (label.split(/\W+/).some((part) => part.startsWith(word))) return 2
    if (label.includes(word)) return 3
    if (path.toLowerCase().includes(word) || owner.toLowerCase().includes(word)) return 4
    return field.help.toLowerCase().includes(word) ? 5 : null
  })
  return ranked.includes(null) ? null : ranked.reduce<number>((sum, one) => sum + (one ?? 0), 0)
}

/** The parameters that fit the words best; in the form's order where they fit alike. */
export function searchPlaces(places: readonly FormPlace[], text: string): FormPlace[] {
  const words = wordsOf(text)
  if (words.length === 0) return []
  return places
    .flatMap((place) => {
      const found = rank(place, words)
      return found === null ? [] : [{ place, found: found + (place.hiddenBy === null ? 0 : 0.5) }]
    })
    .sort((left, right) => left.found - right.found)
    .map(({ place }) => place)
}

/** A search over the form's parameters with a list that the keyboard walks through. */
export function useParameterSearch(places: () => readonly FormPlace[], onChosen: (path: string) => void) {
  const text = ref('')
  const open = ref(false)
  const active = ref(0)
  const found = computed(() => searchPlaces(places(), text.value))
  const results = computed(() => found.value.slice(0, shownResults))

  function type(value: string): void {
    text.value = value
    active.value = 0
    open.value = value.trim() !== ''
  }
  function move(by: number): void {
    const { length } = results.value
    if (length === 0) return
    open.value = true
    active.value = (active.value + by + length) % length
  }
  function choose(place = results.value[active.value]): void {
    if (!place) return
    open.value = false
    onChosen(place.path)
  }
  function leave(): void {
    if (open.value) open.value = false
    else text.value = ''
  }
  return {
    text,
    open,
    active,
    results,
    more: computed(() => found.value.length - results.value.length),
    type,
    move,
    choose,
    leave,
  }
}
