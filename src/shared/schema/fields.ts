/**
 * Parameter declarations: each option stands once; form, command line, validation, saved configuration and
 * documentation follow from it.
 */

export type JsonScalar = string | number | boolean | null

/** Shown when the value at `field` (a sibling parameter) fulfils the condition. Data, so that it crosses the wire. */
export type VisibleWhen =
  | { field: string; equals: JsonScalar }
  | { field: string; oneOf: JsonScalar[] }
  | { field: string; greaterThan: number }

interface FieldCommon<Value> {
  label: string
  /** A sentence for the form and the manual: what it does and when to change it. */
  help: string
  default: Value
  unit?: string
  /** The letter that formulas and short names of models give it, e.g. "c". */
  symbol?: string
  visibleWhen?: VisibleWhen
  /** Folded away in the form until asked for. */
  advanced?: boolean
  /**
   * Added to a member that released versions had: at its default everything is as it was before, so it counts for
   * nothing in a stage's key then, and stages of earlier versions are found.
   */
  laterAddition?: true
  /**
   * Opens folders or runs programs on the engine's machine: set by the engine's owner alone, not by a page in a
   * browser.
   */
  ownerOnly?: true
}

export interface IntegerField extends FieldCommon<number> {
  kind: 'integer'
  min: number
  max: number
}
export interface NumberField extends FieldCommon<number> {
  kind: 'number'
  min: number
  max: number
  /** Spinner step in the form; validation does not round. */
  step?: number
  /** Draw the slider on a logarithmic scale. */
  logarithmic?: boolean
}
export interface BooleanField extends FieldCommon<boolean> {
  kind: 'boolean'
}
export interface ChoiceOption<Value extends string = string> {
  value: Value
  label: string
  help?: string
}
export interface ChoiceField<Value extends string = string> extends FieldCommon<Value> {
  kind: 'choice'
  options: readonly ChoiceOption<Value>[]
}
export interface TextField extends FieldCommon<string> {
  kind: 'text'
  maxLength: number
  placeholder?: string
  pattern?: string
  /** A text of several lines. */
  multiline?: boolean
}
export interface PathField extends FieldCommon<string> {
  kind: 'path'
  select: 'file' | 'folder' | 'fileOrFolder'
  extensions?: string[]
  optional?: boolean
}
export interface IntegerListField extends FieldCommon<number[]> {
  kind: 'integerList'
  min: number
  max: number
  maxLength: number
}

export type Field = IntegerField | NumberField | BooleanField | ChoiceField | TextField | PathField | IntegerListField
export type ParameterSchema = Record<string, Field>

export type ValueOf<F> = F extends IntegerField | NumberField
  ? number
  : F extends BooleanField
    ? boolean
    : F extends ChoiceField<infer V>
      ? V
      : F extends IntegerListField
        ? number[]
        : F extends TextField | PathField
          ? string
          : never
export type ValuesOf<S extends ParameterSchema> = { [K in keyof S]: ValueOf<S[K]> }

type Options<F extends Field> = Omit<F, 'kind'>

export const integer = (options: Options<IntegerField>): IntegerField => ({ kind: 'integer', ...options })
export const number = (options: Options<NumberField>): NumberField => ({ kind: 'number', ...options })
export const boolean = (options: Options<BooleanField>): BooleanField => ({ kind: 'boolean', ...options })
export const text = (options: Options<TextField>): TextField => ({ kind: 'text', ...options })
export const path = (options: Options<PathField>): PathField => ({ kind: 'path', ...options })
export const integerList = (options: Options<IntegerListField>): IntegerListField => ({
  kind: 'integerList',
  ...options,
})
export const choice = <const V extends string>(
  options: Omit<ChoiceField<V>, 'kind' | 'default'> & { default: NoInfer<V> },
): ChoiceField<V> => ({ kind: 'choice', ...options })

/** Whether a field shows, given its siblings' values. */
export function isVisible(field: Field, values: Record<string, unknown>): boolean {
  const rule = field.visibleWhen
  if (!rule) return true
  const value = values[rule.field]
  if ('equals' in rule) return value === rule.equals
  if ('oneOf' in rule) return rule.oneOf.some((option) => option === value)
  return typeof value === 'number' && value > rule.greaterThan
}

/** The declared defaults of a schema. */
export function defaultsOf<S extends ParameterSchema>(schema: S): ValuesOf<S> {
  return Object.fromEntries(
    Object.entries(schema).map(([name, field]) => [name, structuredClone(field.default)]),
  ) as ValuesOf<S>
}
