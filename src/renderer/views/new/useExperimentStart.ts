import { ref } from 'vue'
import { useRouter } from 'vue-router'
import { withSeed } from '@shared/domain'
import { useNoticesStore } from '../../stores/notices'
import { useRunsStore } from '../../stores/runs'
import type { ExperimentForm } from './useExperimentForm'

/** Starts the draft, once for each of its seeds, and leaves for where its runs are shown. */
export function useExperimentStart({ draft, startable, runCount, estimate }: ExperimentForm) {
  const runs = useRunsStore()
  const notices = useNoticesStore()
  const router = useRouter()
  const starting = ref(false)
  /** Wanted while it is offered: of another draft nobody has said so. */
  const takeTeacher = ref(false)

  async function start(): Promise<void> {
    const { config, preset, edited } = draft
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
    const first = await notices.attempt('The experiment could not start.', async () => {
      const started = []
      for (const one of all) started.push(await runs.start({ config: one, ...more }))
      return started[0]
    })
    starting.value = false
    if (first) void router.push(all.length === 1 ? `/runs/${first.id}` : '/')
  }
  return { start, starting, takeTeacher }
}
