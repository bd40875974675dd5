import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { ExecutorCheck, ExecutorDescription } from '@shared/domain'
import { validateParameters } from '@shared/schema'
import { useConnection } from '../../api/connection'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useNewestTask } from '../../composables/useNewestTask'

/** What is typed is kept at once when it is a value, and saved after a moment. */
const saveDelay = 500

/** The settings of one executor, saved as they are typed; its script and its check on request. */
export function useExecutorSettings(executor: () => ExecutorDescription) {
  const { engine } = useConnection()
  const id = (): string => executor().id
  const saved = useEngineQuery('executors.settings', () => ({ executor: id() }))
  const typed = ref<Record<string, unknown>>({})
  const saveError = shallowRef<unknown>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  const values = computed(() => (saved.data.value ? { ...saved.data.value.settings, ...typed.value } : null))
  const issues = computed(() => validateParameters(executor().params, values.value ?? {}, id()).issues)
  /** What is typed and can be saved. */
  const sound = computed(() => {
    const wrong = new Set(issues.value.filter(({ severity }) => severity === 'error').map(({ path }) => path))
    return Object.fromEntries(Object.entries(typed.value).filter(([name]) => !wrong.has(`${id()}.${name}`)))
  })
  async function save(): Promise<void> {
    const change = sound.value
    if (Object.keys(change).length === 0) return
    try {
      const answer = await engine.call('executors.setSettings', { executor: id(), change })
      saved.data.value = answer
      saveError.value = null
      // What was typed meanwhile, and what cannot be saved, stays.
      typed.value = Object.fromEntries(Object.entries(typed.value).filter(([name, value]) => change[name] !== value))
    } catch (error) {
      saveError.value = error
    }
  }
  function edit(name: string, value: unknown): void {
    typed.value = { ...typed.value, [name]: value }
    clearTimeout(timer)
    timer = setTimeout(() => void save(), saveDelay)
  }
  onScopeDispose(() => {
    clearTimeout(timer)
    void save()
  })

  const showScript = ref(false)
  /** Asked for at once: an executor that sends none has no button for it. */
  const script = useEngineQuery('executors.script', () => ({ executor: id(), change: sound.value }))

  const task = useNewestTask()
  const check = shallowRef<ExecutorCheck | null>(null)
  const checkError = shallowRef<unknown>(null)
  const checking = ref(false)
  const probe = ref(true)
  async function runCheck(): Promise<void> {
    clearTimeout(timer)
    await save()
    checking.value = true
    checkError.value = null
    const args = { executor: id(), probe: probe.value }
    const outcome = await task.run((signal) => engine.call('executors.check', args, signal))
    if (outcome.kind === 'overtaken') return
    checking.value = false
    check.value = outcome.kind === 'done' ? outcome.value : null
    checkError.value = outcome.kind === 'failed' ? outcome.error : null
  }
  return {
    ...{ values, issues, edit, readError: saved.error, saveError },
    ...{ script, showScript, check, checking, checkError, probe, runCheck },
  }
}
