import { ref } from 'vue'
import { useRouter } from 'vue-router'
import { withSeed } from '@shared/domain'
import { useNoticesStore } from '../../stores/notices'
import { useRunsStore } from '../../stores/runs'
import type { ExperimentForm } from './useExperimentForm'

/** Starts the draft, once for each of its seeds, and leaves for where its runs are shown. */
export function useExperimentStart({ draft, startable, errors, places, reveal, runCount, estimate }: ExperimentForm) {
  const runs = useRunsStore()
  const notices = useNoticesStore()
  const router = useRouter()
  const starting = ref(false)
  /** Wanted while it is offered: of another draft nobody has said so. */
  const takeTeacher = ref(false)

  /** As the form reads; what is about no single field comes where its part begins. */
  const orderOf = (path: string): number => {
    const place = places.value.findIndex((entry) => entry.path === path || entry.path.startsWith(`${path}.`))
    return place < 0 ? places.value.length : place
  }
  /** With errors it leads to the first of them. */
  async function start(): Promise<void> {
    const { config, preset, edited } = draft
    const [first] = [...errors.value].sort((left, right) => orderOf(left.path) - orderOf(right.path))
    if (first) return reveal(first.path)
    if (!config || !startable.value || starting.value) return
    starting.value = true
    const all =
      runCount.value === 1
        ? [config]
        : Array.from({ length: runCount.value }, (_, index) => withSeed(config, config.name, config.seed + index))
    const more = {
      ...(preset && !edited ? { preset } : {}),
      ...(takeTeacher.value && estimate.data.value?.offered ? { takeTeacher: true } : {}),
    }
    const started = await notices.attempt('The experiment could not start.', async () => {
      const made = []
      for (const one of all) made.push(await runs.start({ config: one, ...more }))
      return made[0]
    })
    starting.value = false
    if (started) void router.push(all.length === 1 ? `/runs/${started.id}` : '/')
  }
  return { start, starting, takeTeacher }
}
