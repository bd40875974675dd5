import { shownStudyState, type StudyDetail } from '../../../../shared/domain'
import { duration, jsonLine, printable } from '../../output'
import { analysisLines } from './parts/followAnalyses'
import { findStudy, studyNames } from './parts/findStudy'
import { cellsText, cellTable, stagesText } from './parts/words'
import { defineCommand, wantedArgument } from '../command'

export const show = defineCommand({
  name: 'show',
  description: 'show a study and its cells',
  examples: [['abd study show latest', 'cells, states, means']],
  declare: (command) => command.argument('<study>', studyNames),
  async run({ client, output, json }, _flags, given) {
    const { id: studyId } = await findStudy(client, wantedArgument(given))
    const [detail, analyses] = await Promise.all([
      client.call('studies.get', { studyId }),
      client.call('studies.analyses', { studyId }),
    ])
    output.result(
      json ? jsonLine({ ...detail, analyses }) : [...studyLines(detail), ...analysisLines(detail, analyses)].join('\n'),
    )
    return 0
  },
})

const studyLines = (study: StudyDetail): string[] => [
  `${printable(study.name)} (${study.id}): ${shownStudyState(study)}`,
  `${cellsText(study)}${study.secondsLeft === null ? '' : `, ${duration(study.secondsLeft)} left`}; ${stagesText(study)}`,
  `executor ${study.executor}, strategy ${study.strategy}, priority ${study.priority}`,
  ...study.axes.map(({ path, labels }) => `${printable(path)}: ${labels.map(printable).join(', ')}`),
  ...(study.note ? [`note: ${printable(study.note)}`] : []),
  cellTable(study.axes, study.list),
]
