import { computed, type ComputedRef } from 'vue'
import { defenseLabel, notablePrecision, type ExperimentConfig } from '@shared/domain'
import { showValue } from '../../forms/fieldText'
import { percent } from '../../format/numbers'
import { nameIn } from '../../format/paths'
import { useEngineStore } from '../../stores/engine'
import type { SectionId } from './formSections'
import { useTargetName } from './useTargetName'

/** What each section stands at, in a few words. */
export function useSectionSummaries(
  config: () => ExperimentConfig | null,
): ComputedRef<Partial<Record<SectionId, string>>> {
  const engine = useEngineStore()
  const target = useTargetName(config)
  return computed(() => {
    const now = config()
    if (!now) return {}
    const { poisoning, teacher, distillation, students, recording, execution } = now
    const fields = engine.catalogue?.sections.execution.params
    return {
      data: engine.titleOf('dataset', now.data.id),
      attack: engine.titleOf('attack', now.attack.id),
      poisoning: `${teacher.source === 'train' ? `${shareOf(poisoning.ratio)} ` : ''}→ ${target.value}`,
      teacher:
        teacher.source === 'file'
          ? nameIn(teacher.file) || 'from a file'
          : `${engine.titleOf('architecture', teacher.architecture.id)}, ${teacher.training.epochs} epochs`,
      distillation: engine.titleOf('distillation', distillation.method.id),
      students: students.map((plan) => engine.defenseTitle(defenseLabel(plan))).join('; ') || 'none',
      recording: `evaluated every ${recording.evaluateEvery}`,
      execution: [showValue(fields?.['device'], execution.device), notablePrecision(execution)]
        .filter(Boolean)
        .join(', '),
    }
  })
}

/** What is typed may be no number yet. */
const shareOf = (ratio: unknown): string => (typeof ratio === 'number' ? percent(ratio, 0) : String(ratio))
