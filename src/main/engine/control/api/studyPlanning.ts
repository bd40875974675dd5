/** What planning a study asks of this engine: times from the machine's history, and sizes. */
import { diskEstimate } from '../experiments/diskEstimate'
import { estimateTime, finishedStages, threadsOfStage } from '../experiments/estimate'
import type { PlanContext } from '../studies/plan'
import type { StageBook } from '../studies/types'
import type { EngineContext } from './context'
import { withSameFile, type NetworksOfFiles } from './networksOfFiles'

/** One for each plan: the history is read once. */
export function planContext(
  { options, device }: Pick<EngineContext, 'options' | 'device'>,
  networks: NetworksOfFiles,
  book: StageBook,
): PlanContext {
  const { store, costs } = options
  const finished = finishedStages(store.runs, (id) => store.runs.config(id))
  return {
    book,
    async estimate(config) {
      const filled = await networks.fill(config)
      const threads = threadsOfStage(config, store.settings())
      const alike = finished.map((entry) => ({ ...entry, config: withSameFile(entry.config, filled) }))
      return estimateTime(filled, { costs, finished: alike, machine: { threads, device: device.known() } })
    },
    length: (config, student) =>
      costs.range(config.students, student, costs.distillation(config)?.pseudoBatches ?? 0).total,
    bytes: (config) => diskEstimate(config, costs),
  }
}
