/** Axes with more values. */
import type { AxisValue, StudyAxis } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'

/** @throws RefusedInputError for an axis that the study does not have, or a value that is there already */
export function widened(
  axes: readonly StudyAxis[],
  path: string,
  values: readonly (Pick<AxisValue, 'label'> & { readonly value?: unknown })[],
): StudyAxis[] {
  const axis = axes.find((other) => other.path === path)
  const refuse = (message: string, wanted: string, got: string): never => {
    throw new RefusedInputError(message, { wanted, got, where: path })
  }
  if (!axis) return refuse(`This study does not vary "${path}".`, axes.map((other) => other.path).join(', '), path)
  if (axis.pairedAs !== undefined)
    return refuse(`"${path}" goes together with another axis.`, 'an axis that stands alone', axis.pairedAs)
  const known = new Set(axis.values?.map(({ label }) => label))
  const there = values.find(({ label }) => known.has(label))
  if (there)
    return refuse(`The study has "${there.label}" already.`, `other values than ${[...known].join(', ')}`, there.label)
  if (values.length === 0) return refuse('No value was given.', 'at least one', 'none')
  if (!axis.values) return refuse(`"${path}" is a range.`, 'an axis with listed values', 'a range')
  const more = values.map(({ label, value }) => ({ label, value }))
  return axes.map((other) => (other === axis ? { ...axis, values: [...(axis.values ?? []), ...more] } : other))
}
