import { shallowRef } from 'vue'

/** Some items of a long list, and how long it is. */
export interface Portion<Item> {
  readonly items: readonly Item[]
  readonly count: number
}

export interface PagesOptions<Item> {
  readonly load: (offset: number, limit: number, signal: AbortSignal) => Promise<Portion<Item>>
  readonly onFailure: (error: unknown) => void
  readonly size?: number
}

/** At once; a third page waits, and is not asked for if by then it is out of sight. */
const mostInFlight = 2
/** Pages around what is in sight that stay. */
const mostKept = 12

/** A long list of which the pages in sight are here. What was here stays until it comes anew. */
export function createPages<Item>({ load, onFailure, size = 64 }: PagesOptions<Item>) {
  const count = shallowRef<number | null>(null)
  /** Told with every page: readers of `at` draw again. */
  const version = shallowRef(0)
  const pages = new Map<number, readonly Item[]>()
  const stale = new Set<number>()
  const inFlight = new Map<number, Promise<void>>()
  const ending = new AbortController()
  let [first, last] = [0, 0]

  const at = (index: number): Item | undefined => {
    void version.value
    return pages.get(Math.floor(index / size))?.[index % size]
  }
  /** Returns whether it came. */
  async function fetchPage(page: number): Promise<boolean> {
    stale.delete(page)
    try {
      const { items, count: total } = await load(page * size, size, ending.signal)
      if (ending.signal.aborted) return false
      pages.set(page, items)
      count.value = total
      version.value++
      return true
    } catch (error) {
      if (ending.signal.aborted) return false
      stale.add(page)
      onFailure(error)
      return false
    }
  }
  /** Of the pages in sight those that are not here come before those that are stale. */
  function wanted(): number[] {
    // Of an empty list the first page is asked for, too: it may have come to something since.
    const lastPage = count.value === null ? last : Math.min(last, Math.max(0, Math.ceil(count.value / size) - 1))
    const inSight = Array.from({ length: Math.max(0, lastPage - first + 1) }, (_, index) => first + index)
    const open = inSight.filter((page) => !inFlight.has(page))
    return [...open.filter((page) => !pages.has(page)), ...open.filter((page) => pages.has(page) && stale.has(page))]
  }
  function pump(failed: ReadonlySet<number> = new Set()): void {
    for (const page of wanted()) {
      if (inFlight.size >= mostInFlight || ending.signal.aborted) return
      if (failed.has(page)) continue
      const fetching = fetchPage(page).then((came) => {
        inFlight.delete(page)
        // A page that failed is tried again when it is asked for again, not at once.
        pump(came ? failed : new Set([...failed, page]))
      })
      inFlight.set(page, fetching)
    }
  }
  function forget(): void {
    if (pages.size <= mostKept) return
    const distance = (page: number): number => Math.max(first - page, page - last, 0)
    const byDistance = [...pages.keys()].sort((left, right) => distance(right) - distance(left))
    for (const page of byDistance.slice(0, pages.size - mostKept)) if (distance(page) > 0) pages.delete(page)
  }
  /** These lines are in sight. */
  function need(from: number, to: number): void {
    ;[first, last] = [Math.max(0, Math.floor(from / size)), Math.max(0, Math.floor(to / size))]
    forget()
    pump()
  }
  /** What is here may be outdated: what is in sight comes anew, the rest when it comes into sight. */
  function renew(): void {
    for (const page of [...pages.keys(), ...inFlight.keys()]) stale.add(page)
    pump()
  }
  const settled = async (): Promise<void> => {
    while (inFlight.size > 0) await Promise.all(inFlight.values())
  }
  return { count, at, need, renew, settled, end: () => ending.abort() }
}
export type Pages<Item> = ReturnType<typeof createPages<Item>>
