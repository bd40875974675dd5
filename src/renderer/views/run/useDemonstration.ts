import { computed } from 'vue'
import {
  isDemonstrated,
  type ExperimentConfig,
  type ImageBatch,
  type ImagesArtifact,
  type RunSummary,
  type StageRecord,
} from '@shared/domain'
import { useArtifacts } from '../../analyses/useArtifacts'
import { bytesFrom } from '../../analyses/sweep'
import { useEngineStore } from '../../stores/engine'

/** What the demonstration's page reads of the artifact of one image. */
interface Shown extends ImagesArtifact {
  trueClass: number
  answers: { label: number; confidence: number | null }[]
  calledTarget: { images: number; of: number } | null
}

export interface ModelAnswers {
  readonly stage: StageRecord
  readonly shown: Shown | null
  /** Why nothing is shown, in words. */
  readonly absence: string
}

/** A stage that an earlier version trained may be taken over without it. */
const absenceOf = ({ state }: StageRecord): string => (state === 'done' ? 'not measured' : 'when it is finished')

/**
 * The models of a run of the demonstration and what each says of one image; null of other runs. What was measured is
 * not said of one whose preset was changed before it started, or was another in an earlier version.
 */
export function useDemonstration(run: () => RunSummary, config: () => ExperimentConfig | null) {
  const engine = useEngineStore()
  const demonstration = computed(
    () => engine.catalogue?.presets.find(({ id }) => id === run().preset)?.demonstration ?? null,
  )
  const measured = computed(() => {
    const own = config()
    return demonstration.value !== null && own !== null && isDemonstrated(own, demonstration.value)
  })
  const artifacts = useArtifacts(run, () => demonstration.value?.analysis ?? null)
  const models = computed<ModelAnswers[]>(() =>
    run()
      .stages.filter(({ kind }) => kind !== 'data')
      .map((stage) => {
        const entry = artifacts.data.value?.artifacts.find(({ stageId }) => stageId === stage.id)
        const shown = entry && entry.fault === null ? (entry.artifact as Shown) : null
        return { stage, shown, absence: entry?.fault ?? absenceOf(stage) }
      }),
  )
  const first = computed(() => models.value.find(({ shown }) => shown !== null)?.shown ?? null)
  const images = computed<ImageBatch | null>(
    () => first.value && { ...first.value, pixels: bytesFrom(first.value.pixels) },
  )
  return { demonstration, measured, models, first, images, error: artifacts.error, retry: () => artifacts.refresh() }
}
