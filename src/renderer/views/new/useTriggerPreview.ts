import { computed, ref, watch } from 'vue'
import type { ExperimentConfig } from '@shared/domain'
import { useEngineQuery } from '../../composables/useEngineQuery'

const pageSize = 8

/** Images with and without the trigger, page by page, as the engine computes them, and which of a page is selected. */
export function useTriggerPreview(config: () => ExperimentConfig, enabled: () => boolean) {
  const first = ref(0)
  const selected = ref(0)

  // Only what the trigger and its fate in training depend on, so that other edits do not ask again.
  const { data, error, pending } = useEngineQuery(
    'experiment.triggerPreview',
    () => {
      if (!enabled()) return null
      const {
        data: dataset,
        attack,
        poisoning,
        seed,
        teacher: {
          source,
          training: { crop, flip },
        },
      } = config()
      return {
        config: { data: dataset, attack, poisoning, seed, teacher: { source, training: { crop, flip } } },
        count: pageSize,
        firstImage: first.value,
      }
    },
    250,
  )
  // A smaller set may have no such images; another set begins at its first.
  watch(
    () => JSON.stringify(config().data),
    () => {
      first.value = 0
    },
  )
  watch(data, (answer) => {
    if (answer?.poisoned.count === 0 && first.value > 0) first.value = 0
    selected.value = Math.max(0, Math.min(selected.value, (answer?.poisoned.count ?? 1) - 1))
  })
  const last = computed(() => (data.value?.poisoned.count ?? 0) < pageSize)
  function page(by: number): void {
    first.value = Math.max(0, first.value + by * pageSize)
  }
  return { data, error, pending, first, selected, last, page }
}
