import { computed, ref, shallowRef } from 'vue'
import type { CallResult } from '@shared/contract'
import { toCauses, type ErrorCause } from '@shared/errors'
import { useConnection } from '../../api/connection'
import { useEngineStore } from '../../stores/engine'
import { useNoticesStore } from '../../stores/notices'

type OtherRun = CallResult<'runs.elsewhere'>['runs'][number]

/** Looks at another workspace and brings its runs here, one after another; what came stays if it is stopped. */
export function useGathering() {
  const { engine } = useConnection()
  const store = useEngineStore()
  const notices = useNoticesStore()
  const folder = ref('')
  const found = shallowRef<readonly OtherRun[] | null>(null)
  const error = shallowRef<readonly ErrorCause[] | null>(null)
  const looking = ref(false)
  /** How many came of those that can, while they come. */
  const came = ref<number | null>(null)
  const stopping = ref(false)
  const left = shallowRef<readonly { readonly run: OtherRun; readonly why: string }[]>([])

  const wanted = computed(() => (found.value ?? []).filter(({ isHere, refused }) => !isHere && refused === null))
  const here = computed(() => (found.value ?? []).filter(({ isHere }) => isHere))
  const bytes = computed(() => wanted.value.reduce((sum, run) => sum + run.bytes, 0))

  async function look(): Promise<void> {
    looking.value = true
    error.value = null
    try {
      const { runs } = await engine.call('runs.elsewhere', { folder: folder.value.trim() })
      found.value = runs
      left.value = runs.flatMap((run) => (run.refused === null ? [] : [{ run, why: run.refused }]))
    } catch (reason) {
      found.value = null
      error.value = toCauses(reason)
    }
    looking.value = false
  }

  async function bring(): Promise<void> {
    const coming = wanted.value
    const failed: { run: OtherRun; why: string }[] = []
    came.value = 0
    stopping.value = false
    for (const run of coming) {
      if (stopping.value) break
      try {
        await engine.call('runs.gather', { folder: folder.value.trim(), runId: run.runId })
      } catch (reason) {
        failed.push({ run, why: toCauses(reason)[0]?.message ?? 'It could not be brought here.' })
      }
      came.value += 1
    }
    came.value = null
    await look()
    const known = new Set(left.value.map(({ run }) => run.runId))
    left.value = [...left.value, ...failed.filter(({ run }) => !known.has(run.runId))]
    await notices.attempt('The disk use could not be read.', store.refreshDiskUse)
  }

  function forget(): void {
    found.value = null
    error.value = null
    left.value = []
  }
  return { folder, found, error, looking, came, stopping, left, wanted, here, bytes, look, bring, forget }
}
