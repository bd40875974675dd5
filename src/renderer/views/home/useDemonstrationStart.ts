import { computed, ref } from 'vue'
import { useRouter } from 'vue-router'
import { slowestSeconds } from '@shared/domain'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useEngineStore } from '../../stores/engine'
import { useNoticesStore } from '../../stores/notices'
import { useRunsStore } from '../../stores/runs'

/** The one-button experiment: its preset, its time, and the start. */
export function useDemonstrationStart() {
  const engine = useEngineStore()
  const runs = useRunsStore()
  const notices = useNoticesStore()
  const router = useRouter()
  const starting = ref(false)
  const preset = computed(
    () => engine.catalogue?.presets.find(({ demonstration }) => demonstration) ?? engine.catalogue?.presets[0],
  )
  const estimate = useEngineQuery('experiment.estimate', () => (preset.value ? { config: preset.value.config } : null))

  async function start(): Promise<void> {
    const chosen = preset.value
    if (!chosen || starting.value) return
    starting.value = true
    const run = await notices.attempt('The demonstration could not start.', () =>
      runs.start({ config: chosen.config, preset: chosen.id }),
    )
    starting.value = false
    if (run) void router.push(`/runs/${run.id}`)
  }
  /** What was measured, until stages that ended here say more of this machine than a calculation can. */
  const seconds = computed(() => {
    const { basis, totalSeconds = null } = estimate.data.value ?? {}
    const measured = preset.value?.demonstration ? slowestSeconds(preset.value.demonstration) : null
    return basis === 'measured' ? totalSeconds : (measured ?? totalSeconds)
  })
  return { preset, seconds, start, starting }
}
