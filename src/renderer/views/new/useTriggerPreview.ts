import { computed, ref, watch } from 'vue'
import type { ExperimentConfig } from '@shared/domain'
import { useEngineQuery } from '../../composables/useEngineQuery'

const pageSize = 8

/** Images with and without the trigger, page by page, as the engine computes them, and which of a page is selected. */
export function useTriggerPreview(config: () => ExperimentConfig, enabled: () => boolean) {
  /** Place of the page's first image; null: where images begin that the attack may poison. */
  const wanted = ref<number | null>(null)
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
        ...(wanted.value === null ? { poisonable: true } : { firstImage: wanted.value }),
      }
    },
    250,
  )
  const first = computed(() => data.value?.firstImage ?? 0)
  // A smaller set may have no such images; another set, attack or target begins at the first that is poisoned.
  watch(
    () => JSON.stringify([config().data, config().attack.id, config().poisoning.target]),
    () => {
      wanted.value = null
    },
  )
  watch(data, (answer) => {
    if (answer?.poisoned.count === 0 && first.value > 0) wanted.value = null
    selected.value = Math.max(0, Math.min(selected.value, (answer?.poisoned.count ?? 1) - 1))
  })
  const last = computed(() => (data.value?.poisoned.count ?? 0) < pageSize)
  function page(by: number): void {
    wanted.value = Math.max(0, first.value + by * pageSize)
  }
  return { data, error, pending, first, selected, last, page }
}
