/** What a command does with a run that trains: stays to its end, or leaves it. */
import { namedModelsOf, type RunSummary } from '../../shared/domain'
import { UserError, fromCauses } from '../../shared/errors'
import type { CommandContext, ExitCode } from './commands/command'
import { followRun } from './follow'
import { namerOf, type NamesOf } from './names'
import { duration, jsonLine, percent, runResult, table } from './output'

export const leaveRunning = ({ output, json }: CommandContext, run: RunSummary): ExitCode => {
  output.result(json ? jsonLine({ id: run.id, state: run.state }) : run.id)
  return 0
}

export async function finishRun({ client, output, json }: CommandContext, started: RunSummary): Promise<ExitCode> {
  const { run: last, interrupted } = await followRun(client, started, output)
  if (json) output.result(jsonLine(runResult(last)))
  else output.result(resultTable(last, await namerOf(client)))
  if (last.state === 'done') return 0
  if (interrupted || last.state === 'stopped' || last.state === 'paused') {
    output.tell(`The run is ${last.state}. "abd resume ${last.id}" goes on at its last checkpoint.`)
    return 130
  }
  throw last.error
    ? fromCauses(last.error)
    : new UserError(`The run is ${last.state}.`, { action: `"abd resume ${last.id}" goes on at its last checkpoint.` })
}

const resultTable = (run: RunSummary, namesOf: NamesOf): string => {
  const names = namesOf(namedModelsOf(run))
  return table([
    ['model', 'accuracy', 'ASR', 'time'],
    ...run.stages
      .filter((stage) => stage.kind !== 'data')
      .map((stage) => [
        names.get(stage.id) ?? stage.title,
        percent(stage.evaluation?.accuracy),
        percent(stage.evaluation?.asr),
        duration(stage.seconds),
      ]),
  ])
}
