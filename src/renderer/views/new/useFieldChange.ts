import { configValue } from '@shared/domain'
import { useDraftStore } from '../../stores/draft'
import type { ExperimentForm } from './useExperimentForm'

/** What a field's change does to the draft, and what its part of the experiment began as. */
export function useFieldChange({ resetField, labelOf }: Pick<ExperimentForm, 'resetField' | 'labelOf'>) {
  const draft = useDraftStore()
  /** The values of a part, such as "poisoning", as the draft began; undefined where that had no such part. */
  function originOf(path: string): Record<string, unknown> | undefined {
    const value = configValue(draft.origin, path)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  }
  /** Of the member at a place, unless another one stood there. */
  const originOfMember = (path: string, id: string): Record<string, unknown> | undefined =>
    configValue(draft.origin, `${path}.id`) === id ? originOf(`${path}.params`) : undefined
  function change(path: string, value: unknown, isReset: boolean): void {
    if (isReset) resetField(path, value, labelOf(path))
    else draft.set(path, value)
  }
  return { originOf, originOfMember, change }
}
