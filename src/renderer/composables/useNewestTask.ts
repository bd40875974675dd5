import { onScopeDispose } from 'vue'

export type TaskOutcome<T> = { kind: 'done'; value: T } | { kind: 'failed'; error: unknown } | { kind: 'overtaken' }

/** Tasks of which only the newest counts: each aborts the one before it, and the last ends with the caller's scope. */
export function useNewestTask() {
  let controller: AbortController | null = null
  function abort(): void {
    controller?.abort()
    controller = null
  }
  async function run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<TaskOutcome<T>> {
    abort()
    const { signal } = (controller = new AbortController())
    try {
      const value = await task(signal)
      return signal.aborted ? { kind: 'overtaken' } : { kind: 'done', value }
    } catch (error) {
      return signal.aborted ? { kind: 'overtaken' } : { kind: 'failed', error }
    }
  }
  onScopeDispose(abort)
  return { run, abort }
}
