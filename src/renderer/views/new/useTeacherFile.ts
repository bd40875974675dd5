import { computed } from 'vue'
import { acknowledgementOf, type ExperimentConfig } from '@shared/domain'
import type { Issue } from '@shared/schema'
import { useEngineQuery } from '../../composables/useEngineQuery'

/**
 * What the named teacher file holds, and what it puts in the way of a start. Nothing where the teacher is trained here.
 */
export function useTeacherFile(config: () => ExperimentConfig | null) {
  const file = computed(() => {
    const teacher = config()?.teacher
    return teacher?.source === 'file' ? teacher.file.trim() : ''
  })
  /** Key of the network that is meant; '' for the only one that is known. */
  const weights = computed(() => config()?.teacher.weights ?? '')
  const { data, error, pending, refresh } = useEngineQuery(
    'model.inspect',
    () => (file.value === '' ? null : { file: file.value, weights: weights.value }),
    400,
  )
  const failure = computed(() => (file.value === '' || pending.value ? null : error.value))
  /** Of this file, not of the one before it; null until it is read. */
  const report = computed(() => (file.value === '' || pending.value || error.value !== null ? null : data.value))
  const warnings = computed(
    () => (report.value?.findings ?? []).filter(({ severity }) => severity === 'warning').length,
  )
  /** The value of `teacher.acknowledged` that accepts this file's warnings. */
  const acknowledgement = computed(() => acknowledgementOf(report.value?.sha256 ?? ''))
  const acknowledged = computed(
    () => acknowledgement.value !== '' && config()?.teacher.acknowledged === acknowledgement.value,
  )
  /** Names and shapes leave open which network it is, so that the form has to ask. */
  const asksForNetwork = computed(
    () => report.value?.accepted === true && (report.value.architecture === null || report.value.ambiguous),
  )

  const issues = computed<Issue[]>(() => {
    if (report.value?.accepted === false && report.value.candidates.length > 0)
      return [{ path: 'teacher.weights', severity: 'error', message: 'wanted one of the networks that the file holds' }]
    if (report.value?.accepted === false)
      return [{ path: 'teacher.file', severity: 'error', message: 'is not accepted; the report on the file says why' }]
    if (warnings.value === 0 || acknowledged.value) return []
    return [
      {
        path: 'teacher.acknowledged',
        severity: 'error',
        message: `wanted a tick that ${warnings.value === 1 ? 'the warning of the teacher file was' : `the ${warnings.value} warnings of the teacher file were`} read`,
      },
    ]
  })
  return {
    file,
    weights,
    report,
    failure,
    pending: computed(() => file.value !== '' && pending.value),
    refresh,
    warnings,
    acknowledgement,
    acknowledged,
    asksForNetwork,
    issues,
  }
}
export type TeacherFile = ReturnType<typeof useTeacherFile>
