import { computed } from 'vue'
import { precisionsOf, stagePrecision, type NamedModel, type TableValues } from '@shared/domain'
import { conditionLook, type ModelLook } from '../../charts/identity'
import { mixedCondition, teacherNumber } from '../../charts/plane/points'
import { useTheme } from '../../composables/useTheme'
import { useEngineStore } from '../../stores/engine'
import { useTableValues } from '../../table/useTableValues'

export interface ShownCondition {
  readonly number: number
  readonly name: string
  readonly look: ModelLook
  /** How many models of it there are. */
  readonly count: number
}

/** One condition for all of them. */
const ofTeachers = ({ kind }: Pick<NamedModel, 'kind'>): Pick<NamedModel, 'precision'> =>
  kind === 'teacher' ? { precision: null } : {}

/** More are not named one by one. */
const mostNamed = 200

/** The conditions of models by their numbers: names that say what differs among them, looks, and how many there are. */
export function useConditions(values: () => Pick<TableValues, 'keys' | 'conditions'> | null) {
  const engine = useEngineStore()
  const { colors } = useTheme()
  /** By number: a model of that kind, and how many there are. */
  const samples = computed(() => {
    const found = new Map<number, { key: string; count: number }>()
    values()?.conditions.forEach((number, row) => {
      const known = found.get(number)
      if (known) known.count += 1
      else found.set(number, { key: values()?.keys[row] ?? '', count: 1 })
    })
    return new Map([...found].sort(([left], [right]) => left - right).slice(0, mostNamed))
  })
  const { data: models } = useTableValues('table.models', () => {
    const keys = [...samples.value.values()].map(({ key }) => key)
    return keys.length > 0 ? { keys } : null
  })
  /** All that a condition does not say is made equal, so that names tell only what it does say. */
  const names = computed(() => {
    const alike = { data: '', attack: '', poisonRatio: null, seed: 0, runName: '' }
    const named = (models.value ?? []).map<NamedModel>((model) => ({ ...model, ...alike, ...ofTeachers(model) }))
    return engine.namesOf(named)
  })
  const severalPrecisions = computed(() => {
    const students = (models.value ?? []).filter(({ kind }) => kind === 'student')
    return precisionsOf(students.map(stagePrecision)).length > 1
  })
  const lookOf = (number: number): ModelLook =>
    conditionLook(number === teacherNumber ? undefined : { key: '', number }, colors.value)
  const conditions = computed<ShownCondition[]>(() =>
    [...samples.value].map(([number, { key, count }]) => ({
      number,
      name: names.value.get(key) ?? '…',
      look: lookOf(number),
      count,
    })),
  )
  const byNumber = computed(() => new Map(conditions.value.map((condition) => [condition.number, condition])))
  /** @param otherwise until the names are known */
  const nameOf = (number: number, otherwise = '…'): string =>
    number === mixedCondition ? 'Several kinds' : (byNumber.value.get(number)?.name ?? otherwise)
  /** Whether its name says in which precision its models were computed. */
  const tellsPrecision = (number: number): boolean =>
    number !== teacherNumber && severalPrecisions.value && byNumber.value.has(number)
  return { conditions, lookOf, nameOf, tellsPrecision }
}
export type Conditions = ReturnType<typeof useConditions>
