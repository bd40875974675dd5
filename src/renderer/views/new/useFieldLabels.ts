import type { ExperimentConfig } from '@shared/domain'
import { memberPlacesOf, type FormPlace } from './useFormPlaces'

/** The label of the field that a path leads to; of a part of the configuration, that of the nearest that holds it. */
export function useFieldLabels(
  config: () => ExperimentConfig | null,
  places: () => readonly FormPlace[],
): (path: string) => string {
  const labelOf = (path: string): string => {
    const found = places().find((place) => place.path === path)
    if (found) return found.field.label
    const now = config()
    const member = now && memberPlacesOf(now).find((place) => path === place.path || path === `${place.path}.id`)
    if (member) return member.label
    const student = /^students\.(\d+)/.exec(path)?.[1]
    if (student !== undefined) return `Student ${Number(student) + 1}`
    const end = path.lastIndexOf('.')
    return end > 0 ? labelOf(path.slice(0, end)) : `${path.charAt(0).toUpperCase()}${path.slice(1)}`
  }
  return labelOf
}
