import { resolve } from 'node:path'
import { sentenceOf } from '../../../shared/errors'
import { jsonLine, megabytes, printable } from '../output'
import { defineCommand } from './command'

const whatStays =
  'Runs and their stages are copied; nothing there is changed, and what is here stays as it is.\nA study that is started anew here finds the stages that came.'

export const gather = defineCommand<{ dryRun?: boolean }>({
  name: 'gather',
  description: 'bring the runs of another workspace here: one table of what several machines trained',
  examples: [
    ['abd gather /mnt/cluster/workspace', 'every run there that has ended'],
    ['abd gather /mnt/cluster/workspace --dry-run', 'only say which'],
  ],
  declare: (command) =>
    command
      .argument('<folder>', 'the other workspace')
      .option('--dry-run', 'say what would come; bring nothing')
      .addHelpText('after', `\n${whatStays}`),
  async run({ client, output, json }, { dryRun = false }, [given = '']) {
    const folder = resolve(given)
    const { runs } = await client.call('runs.elsewhere', { folder })
    const wanted = runs.filter(({ isHere, refused }) => !isHere && refused === null)
    const left = runs.flatMap(({ runId, name, refused }) => (refused === null ? [] : [{ runId, name, why: refused }]))
    const gathered: string[] = []
    for (const [place, { runId, name, bytes }] of wanted.entries()) {
      if (dryRun) {
        output.tell(`${runId}  ${printable(name)}, ${megabytes(bytes)}`)
        continue
      }
      output.progress(`${place + 1} of ${wanted.length}: ${printable(name)}`)
      try {
        await client.call('runs.gather', { folder, runId })
        gathered.push(runId)
      } catch (error) {
        left.push({ runId, name, why: sentenceOf(error) })
      }
    }
    output.endProgress()
    for (const { runId, name, why } of left) output.tell(`Left there: ${runId}  ${printable(name)}. ${printable(why)}`)
    const here = runs.filter(({ isHere }) => isHere).map(({ runId }) => runId)
    if (json)
      output.result(jsonLine({ gathered, wouldCome: dryRun ? wanted.map(({ runId }) => runId) : [], here, left }))
    else
      output.result(
        `${dryRun ? `${wanted.length} would come` : `${gathered.length} of ${wanted.length} came`}, ${here.length} were here, ${left.length} stay there.`,
      )
    return !dryRun && gathered.length < wanted.length ? 1 : 0
  },
})
