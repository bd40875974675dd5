/** What the commands share that steer a study or some of its cells. */
import { Option } from 'commander'
import { shownStudyState, type StudySummary } from '../../../../../shared/domain'
import { defineCommand, wantedArgument, type CommandContext, type EngineCommand } from '../../command'
import { detachOption, wholeNumbers } from '../../../options'
import { jsonLine, printable } from '../../../output'
import { findStudy, studyNames } from './findStudy'
import { finishStudy, leaveStudy } from './follow'
import { cellsText } from './words'

const cellsOption = (): Option =>
  new Option('--cells <list>', 'these cells alone, by their numbers, e.g. 0,3-5').argParser(wholeNumbers)

interface CellFlags {
  cells?: number[]
}

type Steering = 'pause' | 'cancel' | 'resume' | 'retry'

async function steered(
  { client }: CommandContext,
  action: Steering,
  { given, cells }: { given: readonly string[]; cells: number[] | undefined },
): Promise<StudySummary> {
  const { id: studyId } = await findStudy(client, wantedArgument(given))
  return client.call(`studies.${action}`, { studyId, ...(cells === undefined ? {} : { cells }) })
}

/** A command that ends work early and does not wait. */
export const endingCommand = (action: 'pause' | 'cancel', description: string): EngineCommand =>
  defineCommand<CellFlags>({
    name: action,
    description,
    examples: [
      [`abd study ${action} latest`, 'all its cells'],
      [`abd study ${action} STUDY --cells 0,3-5`, 'some of them, by their numbers'],
    ],
    declare: (command) => command.argument('<study>', studyNames).addOption(cellsOption()),
    async run(context, { cells }, given) {
      const study = await steered(context, action, { given, cells })
      if (context.json) context.output.result(jsonLine({ study: study.id, state: study.state }))
      else context.output.tell(`${printable(study.name)} is ${shownStudyState(study)}: ${cellsText(study)}.`)
      return 0
    },
  })

/** A command that lets cells work again and stays with the study. */
export const goingCommand = (action: 'resume' | 'retry', description: string): EngineCommand =>
  defineCommand<CellFlags & { detach?: boolean }>({
    name: action,
    description,
    examples: [
      [`abd study ${action} latest`, 'all its cells'],
      [`abd study ${action} STUDY --cells 0,3-5`, 'some of them, by their numbers'],
    ],
    declare: (command) => command.argument('<study>', studyNames).addOption(cellsOption()).addOption(detachOption()),
    async run(context, { cells, detach = false }, given) {
      const study = await steered(context, action, { given, cells })
      return detach ? leaveStudy(context, study) : finishStudy(context, study)
    },
  })
