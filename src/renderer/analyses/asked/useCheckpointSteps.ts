import { shallowRef, watch } from 'vue'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useNewestTask } from '../../composables/useNewestTask'

/** The steps of which every one of these students has kept a checkpoint, the newest first. */
export function useCheckpointSteps(run: () => RunSummary, students: () => readonly string[]) {
  const { engine } = useConnection()
  const task = useNewestTask()
  const steps = shallowRef<readonly number[]>([])
  const asked = async (signal: AbortSignal): Promise<readonly number[]> => {
    const answers = await Promise.all(
      students().map((stageId) => engine.call('runs.forkSteps', { runId: run().id, stageId }, signal)),
    )
    const [first, ...others] = answers.map((answer) => answer.steps)
    const common = (first ?? []).filter((step) => others.every((other) => other.includes(step)))
    return common.sort((left, right) => right - left)
  }
  /** Checkpoints are kept at evaluations and at a stage's end. */
  const evaluated = (): string =>
    run()
      .stages.map(({ evaluation, state }) => `${evaluation?.step ?? ''} ${state}`)
      .join()
  watch(
    // As text: an array would be another one with every step of the run.
    () => [run().id, students().join(), evaluated()].join(' '),
    async () => {
      const outcome = await task.run(asked)
      // Where they cannot be told there is nothing to choose from.
      if (outcome.kind !== 'overtaken') steps.value = outcome.kind === 'done' ? outcome.value : []
    },
    { immediate: true },
  )
  return steps
}
