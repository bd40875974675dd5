import { computed, type ComputedRef } from 'vue'
import {
  ordinaryPrecision,
  precisions,
  precisionSpeedSubject,
  precisionSpeedWords,
  precisionTitles,
  type ExperimentConfig,
  type Precision,
  type PrecisionSpeed,
} from '@shared/domain'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useEngineStore } from '../../stores/engine'

/**
 * What the chosen precision brings on the engine's machine, as measured there (on its processor where that is chosen);
 * of float32 what the others would. It is measured when another one than float32 is chosen: TensorFlow has to start for
 * it.
 */
export function usePrecisionNote(config: () => ExperimentConfig | null): ComputedRef<Record<string, string>> {
  const engine = useEngineStore()
  const chosen = computed(() => config()?.execution.precision ?? ordinaryPrecision)
  const onProcessor = computed(() => config()?.execution.device === 'cpu')
  const asked = useEngineQuery('engine.device', () => {
    if (chosen.value === ordinaryPrecision || !engine.info?.runtimeReady) return null
    return onProcessor.value ? { device: 'cpu' as const } : {}
  })
  /** What the engine knows unasked; of a GPU it says nothing of the processor. */
  const known = computed(() => {
    const device = engine.info?.device
    return onProcessor.value && device?.kind === 'gpu' ? undefined : device
  })
  return computed((): Record<string, string> => {
    const speed = (asked.data.value ?? known.value)?.precisionSpeed
    if (!speed)
      return asked.pending.value ? { precision: 'Measuring what it brings on this machine: a few seconds…' } : {}
    const told = chosen.value === ordinaryPrecision ? precisions : [chosen.value]
    const words = told.flatMap((precision) => wordsOf(speed, precision))
    return words.length === 0 ? {} : { precision: `On this machine ${precisionSpeedSubject}: ${words.join('; ')}.` }
  })
}

function wordsOf(speed: PrecisionSpeed, precision: Precision): string[] {
  const words = precision === ordinaryPrecision ? null : precisionSpeedWords(speed, precision)
  if (words === null) return []
  const instructions = precision === 'mixed' && speed.instructions !== undefined ? speed.instructions : undefined
  const how = instructions === undefined ? '' : `, ${instructions ?? 'without instructions for bfloat16'}`
  return [`${precisionTitles[precision]} takes ${words}${how}`]
}
