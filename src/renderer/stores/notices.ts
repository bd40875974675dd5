import { defineStore } from 'pinia'
import { ref } from 'vue'
import { toCauses, type ErrorCause } from '@shared/errors'
import { useConnection } from '../api/connection'

export interface Notice {
  id: number
  severity: 'info' | 'good' | 'warning' | 'error'
  title: string
  causes: ErrorCause[]
  runId: string | null
  action: { label: string; run: () => void } | null
}

type NewNotice = Pick<Notice, 'severity' | 'title'> & Partial<Omit<Notice, 'id'>> & { seconds?: number }

const standingSeconds = { info: 6, good: 5, warning: 12, error: 0 } as const

/** Short messages at the corner of the window. Errors stay until dismissed. */
export const useNoticesStore = defineStore('notices', () => {
  const { engine } = useConnection()
  const notices = ref<Notice[]>([])
  const timers = new Map<number, ReturnType<typeof setTimeout>>()
  let lastId = 0

  function dismiss(id: number): void {
    clearTimeout(timers.get(id))
    timers.delete(id)
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }
  function show({ seconds, ...notice }: NewNotice): number {
    const id = ++lastId
    notices.value = [...notices.value.slice(-4), { causes: [], runId: null, action: null, ...notice, id }]
    const standing = seconds ?? standingSeconds[notice.severity]
    if (standing > 0)
      timers.set(
        id,
        setTimeout(() => dismiss(id), standing * 1000),
      )
    return id
  }
  /** Shows what went wrong, for a call whose failure has no better place in the view. */
  function fail(title: string, error: unknown): void {
    show({ severity: 'error', title, causes: toCauses(error) })
  }
  /** Runs the task; a failure becomes a notice and `undefined`. */
  async function attempt<T>(title: string, task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task()
    } catch (error) {
      fail(title, error)
      return undefined
    }
  }
  engine.subscribe('engine.notice', {}, (notice) => show(notice))
  return { notices, show, fail, dismiss, attempt }
})
