import { onScopeDispose, type Ref } from 'vue'
import { useRouter } from 'vue-router'

/** A view fills with what the engine answers; so long its old place is waited for. Milliseconds. */
const patience = 1500

/**
 * Keeps the scroll position of every view, by its path: of `root`, and of the scrollers in it that name themselves with
 * `data-scroll`. Where one is at its end and says `data-scroll-end`, it stays with its end instead.
 */
export function useScrollMemory(root: Readonly<Ref<HTMLElement | null>>): void {
  const router = useRouter()
  const positions = new Map<string, number>()
  let frame = 0

  const scrollers = (): HTMLElement[] =>
    root.value ? [root.value, ...root.value.querySelectorAll<HTMLElement>('[data-scroll]')] : []
  const keyOf = (path: string, element: HTMLElement): string => `${path} ${element.dataset['scroll'] ?? ''}`
  const isAtEnd = ({ scrollTop, clientHeight, scrollHeight }: HTMLElement): boolean =>
    scrollHeight - scrollTop - clientHeight < 4

  function remember(path: string): void {
    for (const element of scrollers()) {
      if (element.dataset['scrollEnd'] !== undefined && isAtEnd(element)) positions.delete(keyOf(path, element))
      else positions.set(keyOf(path, element), element.scrollTop)
    }
  }
  function giveUp(): void {
    cancelAnimationFrame(frame)
  }
  function bringBack(path: string): void {
    giveUp()
    const until = performance.now() + patience
    const reached = new Set<HTMLElement>()
    const look = (): void => {
      for (const element of scrollers()) {
        if (reached.has(element)) continue
        const wanted = positions.get(keyOf(path, element)) ?? (element === root.value ? 0 : undefined)
        if (wanted !== undefined) element.scrollTop = wanted
        if (wanted === undefined || Math.abs(element.scrollTop - wanted) < 2) reached.add(element)
      }
      if (performance.now() < until) frame = requestAnimationFrame(look)
    }
    frame = requestAnimationFrame(look)
  }
  const ends = [
    router.beforeEach((_to, from) => remember(from.path)),
    router.afterEach(({ path }, from) => {
      if (path !== from.path) bringBack(path)
    }),
  ]
  // Whoever scrolls by himself has chosen a place.
  const own = ['wheel', 'pointerdown', 'keydown', 'touchstart'] as const
  for (const name of own) window.addEventListener(name, giveUp, { passive: true })
  onScopeDispose(() => {
    giveUp()
    for (const end of ends) end()
    for (const name of own) window.removeEventListener(name, giveUp)
  })
}
