import { shallowRef } from 'vue'

/** Something that is fetched as a whole: whether it is here, and why not. */
export function createLoading(fetch: () => Promise<void>) {
  const loaded = shallowRef(false)
  const loadError = shallowRef<unknown>(null)
  let underWay: Promise<void> | null = null
  let newest = 0

  async function attempt(own: number): Promise<void> {
    let failure: unknown = null
    try {
      await fetch()
    } catch (error) {
      failure = error
    }
    // A question from before a break fails after the one that follows it was asked.
    if (own !== newest) return
    loadError.value = failure
    if (failure === null) loaded.value = true
    underWay = null
  }
  /** Asks, whatever is under way: it may be too old. */
  const reload = (): Promise<void> => (underWay = attempt(++newest))
  const load = (): Promise<void> => underWay ?? reload()
  return { loaded, loadError, load, reload }
}
