import { causeSentence } from '../../../shared/errors'
import { kebab } from '../configuration'
import { findRun, runNames } from '../findRun'
import { membersOf } from '../members'
import { jsonLine, printable, table } from '../output'
import { askedOf } from './analyse'
import { defineCommand } from './command'

export const analyses = defineCommand({
  name: 'analyses',
  description: 'what can be asked of models that are there, or with a run what was asked of it',
  examples: [
    ['abd analyses', 'the analyses and their parameters'],
    ['abd analyses latest', 'what was asked of the newest run, the newest first'],
  ],
  declare: (command) => command.argument('[run]', runNames),
  async run({ client, output, json }, _flags, [wanted]) {
    const members = membersOf(await client.call('engine.catalogue', {}), 'analysis').filter(askedOf)
    if (wanted === undefined) {
      output.result(
        json
          ? jsonLine(members)
          : members
              .flatMap(({ id, title, summary, params }) => [
                `${id}: ${title}`,
                `  ${summary}`,
                ...Object.entries(params).map(
                  ([name, field]) => `  --${kebab(name)} (default ${String(field.default)}): ${field.help}`,
                ),
              ])
              .join('\n'),
      )
      return 0
    }
    const { id: runId } = await findRun(client, wanted)
    const { asked } = await client.call('analyses.list', { runId })
    if (json) output.result(jsonLine(asked))
    else if (asked.length === 0) output.tell('Nothing was asked of this run yet. "abd analyses" says what can be.')
    else
      output.result(
        table(
          asked.map((one) => [
            one.id,
            members.find(({ id }) => id === one.analysis)?.title ?? one.analysis,
            one.stageIds.join(' '),
            one.state,
            printable(one.line ?? causeSentence(one.error) ?? ''),
          ]),
        ),
      )
    return 0
  },
})
