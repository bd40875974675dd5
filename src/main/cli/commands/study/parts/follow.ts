/** Stays with a study until nothing of it works or waits any more: shows progress, passes Ctrl+C on. */
import { shownStudyState, type CellAnalysis, type StudyCell, type StudySummary } from '../../../../../shared/domain'
import type { EngineClient } from '../../../../../shared/rpc'
import type { CommandContext, ExitCode } from '../../command'
import { jsonLine, type Output } from '../../../output'
import { analysisLines, followAnalyses } from './followAnalyses'
import { cellsText, failureLine, stagesText, studyLine } from './words'

interface Followed {
  readonly study: StudySummary
  readonly interrupted: boolean
}

/** Resolves when the study is done, paused or cancelled, or at once at a second Ctrl+C. */
function followStudy(client: EngineClient, first: StudySummary, output: Output): Promise<Followed> {
  const { id: studyId } = first
  const told = new Set<number>()
  return new Promise((resolve, reject) => {
    let interrupted = 0
    let current = first
    const finish = (action: () => void): void => {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onInterrupt)
      for (const stop of stops) stop()
      output.endProgress()
      action()
    }
    const fail = (error: unknown): void => finish(() => reject(error as Error))
    const see = (study: StudySummary, cells: readonly StudyCell[]): void => {
      current = study
      for (const cell of cells) {
        if (cell.state === 'failed' && !told.has(cell.index)) output.tell(failureLine(cell))
        // Tried again, it may fail again.
        if (cell.state === 'failed') told.add(cell.index)
        else told.delete(cell.index)
      }
      if (study.state !== 'running') finish(() => resolve({ study, interrupted: interrupted > 0 }))
      else if (interrupted === 0) output.progress(studyLine(study))
    }
    const look = (): Promise<void> => client.call('studies.get', { studyId }).then((detail) => see(detail, detail.list))
    const onInterrupt = (): void => {
      interrupted += 1
      if (interrupted > 1) return finish(() => resolve({ study: current, interrupted: true }))
      output.tell('Pausing: running cells write a checkpoint. Ctrl+C again leaves at once.')
      client.call('studies.pause', { studyId }).catch(fail)
    }
    const stops = [
      client.subscribe('study.changed', {}, ({ study, cells }) => {
        if (study.id === studyId) see(study, cells)
      }),
      client.subscribe('study.removed', {}, (event) => {
        if (event.studyId === studyId) fail(new Error('The study was deleted.'))
      }),
      // What happened while the connection was away is in the record.
      client.onConnection((state, reason) => {
        if (state === 'connected') void look().catch(() => undefined)
        else if (state === 'closed') fail(new Error(reason ?? 'The engine ended.'))
      }),
    ]
    process.on('SIGINT', onInterrupt)
    process.on('SIGTERM', onInterrupt)
    // It may have ended before the subscription began.
    look().catch(fail)
  })
}

/** The closing line of a study that one stayed with. */
const closingLine = ({ id, state, cells, stages, seconds }: StudySummary, analyses: readonly CellAnalysis[]): string =>
  jsonLine({
    study: id,
    state,
    cells: { done: cells.done, failed: cells.failed },
    stages: { trained: stages.trained, reused: stages.reused },
    seconds,
    ...(analyses.length === 0 ? {} : { analyses }),
  })

export async function finishStudy({ client, output, json }: CommandContext, started: StudySummary): Promise<ExitCode> {
  const { study, interrupted } = await followStudy(client, started, output)
  const analyses = study.state === 'done' ? await followAnalyses(client, study.id, output) : []
  const failed = analyses.filter(({ error }) => error !== null).length
  if (analyses.length > 0) {
    const detail = await client.call('studies.get', { studyId: study.id })
    for (const line of analysisLines(detail, analyses)) output.tell(line)
  }
  output.result(
    json ? closingLine(study, analyses) : `${shownStudyState(study)}: ${cellsText(study)}; ${stagesText(study)}`,
  )
  if (interrupted || study.state !== 'done') {
    output.tell(`The study is ${study.state}. "abd study resume ${study.id}" goes on with it.`)
    return 130
  }
  // A study is done with cells that rest: a strategy that searches has stopped them early.
  const { cells } = study
  if (cells.failed + cells.interrupted + cells.cancelled + cells.stopped + failed === 0) return 0
  output.tell(
    `Not every cell ${failed > 0 ? 'and analysis ' : ''}is done. "abd study retry ${study.id}" tries again what failed.`,
  )
  return 1
}

export const leaveStudy = ({ output, json }: CommandContext, study: StudySummary): ExitCode => {
  output.result(json ? jsonLine({ study: study.id, state: study.state }) : study.id)
  return 0
}
