/** Values of parameters as people read them. */
import type { Field } from './fields'

/**
 * "on", "0.05", "1, 2", an option's label, the name at the end of a path, "none" of an empty text or list.
 * @param field undefined where nobody declares it any more
 */
export function valueWords(field: Field | undefined, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number') return value.toLocaleString('en-US', { maximumSignificantDigits: 6 })
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  if (typeof value !== 'string') return JSON.stringify(value) ?? ''
  if (value === '') return 'none'
  if (field?.kind === 'choice') return field.options.find((option) => option.value === value)?.label ?? value
  return field?.kind === 'path' ? value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf('\\')) + 1) : value
}
