import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import type { ExperimentConfig } from '@shared/domain'
import type { MemberDescription } from '@shared/schema'
import { useConnection } from '../../api/connection'
import { useNewestTask } from '../../composables/useNewestTask'
import { useDraftStore } from '../../stores/draft'

const delay = 900

/**
 * How long the experiment would take with each distillation method: the chosen one as it stands, the others with their
 * defaults. Seconds by id;
 * a method whose time cannot be told is left out.
 */
export function useMethodTimes(
  config: () => ExperimentConfig | null,
  methods: () => readonly MemberDescription[],
): Ref<Readonly<Record<string, number>>> {
  const { engine } = useConnection()
  const draft = useDraftStore()
  const seconds = shallowRef<Readonly<Record<string, number>>>({})
  let timer: ReturnType<typeof setTimeout> | undefined
  const task = useNewestTask()

  async function secondsOf(id: string, base: ExperimentConfig, signal: AbortSignal): Promise<[string, number]> {
    const { distillation } = base
    const change =
      id === distillation.method.id
        ? {}
        : { distillation: { ...distillation, method: { id, params: {} } }, students: draft.studentsWith(id) }
    const { totalSeconds } = await engine.call('experiment.estimate', { config: { ...base, ...change } }, signal)
    return [id, totalSeconds]
  }
  async function ask(base: ExperimentConfig): Promise<void> {
    const answers = await task.run((signal) =>
      Promise.allSettled(methods().map(({ id }) => secondsOf(id, base, signal))),
    )
    if (answers.kind === 'done')
      seconds.value = Object.fromEntries(
        answers.value.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
      )
  }
  watch(
    () => JSON.stringify(config()),
    () => {
      clearTimeout(timer)
      const base = config()
      if (base) timer = setTimeout(() => void ask(base), delay)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return seconds
}
