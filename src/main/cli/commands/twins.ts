import { findRuns, runNames } from '../findRun'
import { wordList } from '../options'
import { jsonLine, printable } from '../output'
import { RefusedInputError } from '../../../shared/errors'
import type { TakenAway } from '../../../shared/domain'
import { defineCommand } from './command'

const known: readonly TakenAway[] = ['defense', 'poison']

export const twins = defineCommand<{ without?: string[] }>({
  name: 'twins',
  description: 'start the same experiments with one thing taken away, where they are not there yet',
  examples: [['abd twins RUN --without defense', 'what is missing for a comparison, started']],
  declare: (command) =>
    command
      .argument('<run...>', runNames)
      .option('--without <list>', `what is taken away: ${known.join(', ')}; default: both`, wordList),
  async run({ client, output, json }, { without }, given) {
    const wrong = without?.find((word) => !known.some((one) => one === word))
    if (wrong !== undefined)
      throw new RefusedInputError(`Nothing called "${wrong}" can be taken away.`, {
        wanted: known.join(', '),
        got: wrong,
        where: '--without',
      })
    const runIds = (await findRuns(client, given)).map(({ id }) => id)
    const taken = without ? known.filter((one) => without.includes(one)) : [...known]
    const { made, present } = await client.call('runs.twins', { runIds, without: taken })
    if (json) output.result(jsonLine({ made: made.map(({ id, name }) => ({ id, name })), present }))
    else {
      for (const { id, name } of made) output.result(`${id}  ${printable(name)}`)
      for (const { of, runId } of present) output.tell(`Of ${of} there is one already: ${runId}`)
    }
    return 0
  },
})
