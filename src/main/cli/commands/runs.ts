import type { RunSummary } from '../../../shared/domain'
import { jsonLine, percent, printable, table } from '../output'
import { defineCommand } from './command'

export const runs = defineCommand({
  name: 'runs',
  description: 'list the runs',
  async run({ client, output, json }) {
    const list = await client.call('runs.list', {})
    if (json) output.result(jsonLine(list))
    else if (list.length === 0) output.tell('No runs yet. "abd run --preset quick" starts one.')
    else {
      output.result(
        table([['id', 'name', 'state', 'data', 'attack', 'teacher acc / ASR', 'students acc / ASR'], ...list.map(row)]),
      )
    }
    return 0
  },
})

const row = (run: RunSummary): string[] => [
  run.id,
  printable(run.name).slice(0, 40),
  run.state,
  run.data,
  run.attack,
  modelCells(run, 'teacher'),
  modelCells(run, 'student'),
]

const modelCells = (run: RunSummary, kind: 'teacher' | 'student'): string =>
  run.stages
    .filter((stage) => stage.kind === kind)
    .map(
      (stage) =>
        `${kind === 'student' ? `${stage.defense ?? ''} ` : ''}${percent(stage.evaluation?.accuracy)} / ${percent(stage.evaluation?.asr)}`,
    )
    .join('; ')
