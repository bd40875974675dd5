import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { QueryCompletion, TableOf } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useNewestTask } from '../composables/useNewestTask'

const typingMilliseconds = 80
/** More than are read at a glance are not shown; a further letter narrows them. */
const mostShown = 10

/** What could be typed next in a query: asked after each letter, closed until somebody types. */
export function useCompletion(of: () => TableOf, accept: (text: string, cursor: number) => void) {
  const { engine } = useConnection()
  const answer = shallowRef<QueryCompletion | null>(null)
  const open = ref(false)
  /** None until an arrow is pressed: Enter then means the query as it is. */
  const active = ref(-1)
  const task = useNewestTask()
  let timer: ReturnType<typeof setTimeout> | undefined
  let query = ''

  const suggestions = computed(() => answer.value?.suggestions.slice(0, mostShown) ?? [])
  const shown = computed(() => open.value && suggestions.value.length > 0)
  watch(shown, () => {
    active.value = -1
  })

  async function ask(cursor: number): Promise<void> {
    const asked = query
    const outcome = await task.run((signal) =>
      engine.call('table.complete', { of: of(), query: asked, cursor }, signal),
    )
    // Without suggestions the query is typed without them; nothing is lost that a message would mend.
    if (outcome.kind === 'overtaken') return
    answer.value = outcome.kind === 'done' ? outcome.value : null
    active.value = -1
  }
  function typed(text: string, cursor: number): void {
    query = text
    clearTimeout(timer)
    open.value = true
    timer = setTimeout(() => void ask(cursor), typingMilliseconds)
  }
  function close(): void {
    open.value = false
    clearTimeout(timer)
    task.abort()
  }
  function choose(index: number): void {
    const suggestion = suggestions.value[index]
    const place = answer.value
    if (!suggestion || !place) return
    const text = query.slice(0, place.from) + suggestion.insert + query.slice(place.to)
    const cursor = place.from + suggestion.insert.length
    accept(text, cursor)
    // After "attack:" its values follow.
    if (/[:=<>]$/.test(suggestion.insert)) typed(text, cursor)
    else close()
  }
  function move(by: number): void {
    const count = suggestions.value.length
    if (shown.value) active.value = active.value < 0 && by < 0 ? count - 1 : (active.value + by + count) % count
  }
  onScopeDispose(() => clearTimeout(timer))
  return { suggestions, shown, active, typed, close, choose, move }
}
