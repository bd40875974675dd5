import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** So far below where scrolling to a section leaves its top it counts as the one that is looked at, in pixels. */
const slack = 24
/** How long a chosen section stays the current one although its scrolling passes others. */
const settleMilliseconds = 700

/** The last section whose top is above the reading line; the last of all where nothing more can be scrolled. */
export function currentOf<Id extends string>(
  tops: readonly { readonly id: Id; readonly top: number }[],
  { line, atEnd }: { readonly line: number; readonly atEnd: boolean },
): Id | undefined {
  if (atEnd) return tops.at(-1)?.id
  return (tops.findLast(({ top }) => top <= line) ?? tops[0])?.id
}

/** Which of these sections is looked at. */
export function useScrollSpy<Id extends string>(ids: readonly Id[], elementId: (id: Id) => string) {
  const current = ref(ids[0]) as Ref<Id>
  let heldUntil = 0
  let scrolled: HTMLElement | null = null

  function look(): void {
    if (!scrolled || performance.now() < heldUntil) return
    const { top: origin } = scrolled.getBoundingClientRect()
    const tops = ids.flatMap((id) => {
      const element = document.getElementById(elementId(id))
      if (!element) return []
      const margin = Number.parseFloat(getComputedStyle(element).scrollMarginTop) || 0
      return [{ id, top: element.getBoundingClientRect().top - origin - margin }]
    })
    const { scrollTop, scrollHeight, clientHeight } = scrolled
    const atEnd = scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 2
    current.value = currentOf(tops, { line: slack, atEnd }) ?? current.value
  }
  /** A section that was asked for is the current one, whatever the scrolling to it passes. */
  function choose(id: Id): void {
    current.value = id
    heldUntil = performance.now() + settleMilliseconds
  }
  onMounted(() => {
    scrolled = document.getElementById('main')
    scrolled?.addEventListener('scroll', look, { passive: true })
  })
  onBeforeUnmount(() => scrolled?.removeEventListener('scroll', look))
  return { current, choose }
}
