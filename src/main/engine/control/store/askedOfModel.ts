import type { AskedAnalysis } from '../../../../shared/domain'
import type { AskedAnalysesTable } from './askedAnalyses'
import type { RunsTable } from './runs'
import { placeInRun } from './stages'

/** What was asked of the model at a place alone, as it is, in whichever run that names it: the newest first. */
export const askedOfModel = (
  place: string,
  { asked, runs }: { readonly asked: Pick<AskedAnalysesTable, 'ofPlace'>; readonly runs: Pick<RunsTable, 'peek'> },
): AskedAnalysis[] =>
  asked.ofPlace(place).filter(({ runId, stageIds: [stageId, ...others], step }) => {
    if (stageId === undefined || others.length > 0 || step !== null) return false
    const stage = runs.peek(runId).stages.find(({ id }) => id === stageId)
    return stage !== undefined && (stage.place ?? placeInRun(runId, stageId)) === place
  })
