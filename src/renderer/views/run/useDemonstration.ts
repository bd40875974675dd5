import { computed } from 'vue'
import {
  followsPreset,
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
  /** null until the model is finished. */
  readonly shown: Shown | null
}

/**
 * The models of a run of the demonstration and what each says of one image; null of other runs, and of one whose preset
 * was changed before it started.
 */
export function useDemonstration(run: () => RunSummary, config: () => ExperimentConfig | null) {
  const engine = useEngineStore()
  const demonstration = computed(() => {
    const preset = engine.catalogue?.presets.find(({ id }) => id === run().preset)
    return preset?.demonstration && followsPreset(config(), preset.config) ? preset.demonstration : null
  })
  const artifacts = useArtifacts(run, () => demonstration.value?.analysis ?? '')
  const models = computed<ModelAnswers[]>(() =>
    run()
      .stages.filter(({ kind }) => kind !== 'data')
      .map((stage) => {
        const entry = artifacts.data.value?.artifacts.find(({ stageId }) => stageId === stage.id)
        return { stage, shown: entry && entry.fault === null ? (entry.artifact as Shown) : null }
      }),
  )
  const first = computed(() => models.value.find(({ shown }) => shown !== null)?.shown ?? null)
  const images = computed<ImageBatch | null>(
    () => first.value && { ...first.value, pixels: bytesFrom(first.value.pixels) },
  )
  return { demonstration, models, first, images }
}
