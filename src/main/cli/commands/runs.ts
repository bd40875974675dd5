import { namedModelsOf, type RunSummary } from '../../../shared/domain'
import { jsonLine, percent, printable, table } from '../output'
import { namerOf, type NamesOf } from '../names'
import { defineCommand } from './command'

export const runs = defineCommand({
  name: 'runs',
  description: 'list the runs',
  async run({ client, output, json }) {
    const list = await client.call('runs.list', {})
    if (json) output.result(jsonLine(list))
    else if (list.length === 0) output.tell('No runs yet. "abd run --preset quick" starts one.')
    else {
      const namesOf = await namerOf(client)
      output.result(
        table([
          ['id', 'name', 'state', 'data', 'attack', 'teacher acc / ASR', 'students acc / ASR'],
          ...list.map((run) => row(run, namesOf)),
        ]),
      )
    }
    return 0
  },
})

const row = (run: RunSummary, namesOf: NamesOf): string[] => [
  run.id,
  printable(run.name).slice(0, 40),
  run.state,
  run.data,
  run.attack,
  modelCells(run, 'teacher', namesOf),
  modelCells(run, 'student', namesOf),
]

function modelCells(run: RunSummary, kind: 'teacher' | 'student', namesOf: NamesOf): string {
  const names = namesOf(namedModelsOf(run))
  return run.stages
    .filter((stage) => stage.kind === kind)
    .map(({ id, evaluation }) => {
      const rates = `${percent(evaluation?.accuracy)} / ${percent(evaluation?.asr)}`
      return kind === 'student' ? `${names.get(id) ?? id} ${rates}` : rates
    })
    .join('; ')
}
