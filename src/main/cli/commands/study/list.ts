import { shownStudyState } from '../../../../shared/domain'
import { duration, jsonLine, printable, table } from '../../output'
import { listStudies } from './parts/findStudy'
import { cellCount } from './parts/words'
import { defineCommand } from '../command'

export const list = defineCommand({
  name: 'list',
  description: 'list the studies',
  examples: [['abd study list', 'all, the newest first']],
  async run({ client, output, json }) {
    const studies = await listStudies(client)
    if (json) output.result(jsonLine(studies))
    else if (studies.length === 0) output.tell('No studies yet. "abd study start --preset signs-small" starts one.')
    else
      output.result(
        table([
          ['id', 'name', 'state', 'cells done', 'failed', 'left', 'executor'],
          ...studies.map((study) => [
            study.id,
            printable(study.name).slice(0, 40),
            shownStudyState(study),
            `${study.cells.done} of ${cellCount(study)}`,
            String(study.cells.failed),
            study.secondsLeft === null ? '–' : duration(study.secondsLeft),
            study.executor,
          ]),
        ]),
      )
    return 0
  },
})
