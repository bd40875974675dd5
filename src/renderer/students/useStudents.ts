import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { ModelRecord } from '@shared/domain'
import { conditionLook, type ModelLook } from '../charts/identity'
import { mostStudents, type StudentAddress } from '../composables/studentAddress'
import { useTheme } from '../composables/useTheme'
import { useEngineStore } from '../stores/engine'
import type { StageOfRun } from '../stores/stageCache'
import { useTableValues } from '../table/useTableValues'

export interface ShownStudent extends StageOfRun {
  /** `<run>/<stage>` */
  readonly key: string
  /** null until the engine has told of it, and where it is gone. */
  readonly model: ModelRecord | null
  readonly name: string
  readonly look: ModelLook | null
}

/** The students that the address names. @param addressOf of the view, with other students */
export function useStudents(addressOf: StudentAddress) {
  const [route, router] = [useRoute(), useRouter()]
  const engine = useEngineStore()
  const { colors } = useTheme()
  const keys = computed<string[]>(() => {
    const asked = route.query['students']
    const named = typeof asked === 'string' ? asked.split(',').filter((key) => key.includes('/')) : []
    return [...new Set(named)].slice(0, mostStudents)
  })
  const records = useTableValues('table.models', () => (keys.value.length > 0 ? { keys: keys.value } : null))
  const names = computed(() => engine.namesOf(records.data.value ?? []))
  const students = computed(() =>
    keys.value.map((key): ShownStudent => {
      const [runId = '', stageId = ''] = key.split('/')
      const model = records.data.value?.find((record) => record.key === key) ?? null
      const look = model && conditionLook(model.condition, colors.value)
      return { key, runId, stageId, model, look, name: names.value.get(key) ?? stageId }
    }),
  )
  function show(now: readonly string[]): void {
    void router.replace(addressOf(now))
  }
  return {
    students,
    error: records.error,
    retry: records.refresh,
    add: (key: string) => show([...keys.value, key]),
    remove: (key: string) => show(keys.value.filter((other) => other !== key)),
  }
}
export type Students = ReturnType<typeof useStudents>
