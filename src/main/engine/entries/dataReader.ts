/**
 * The process that reads data sets for control: previews, counts, recognition. It answers control's questions until
 * control goes, or ends it.
 */
import { writeFileSync } from 'node:fs'
import { ExhaustiveError, toCauses } from '../../../shared/errors'
import { aliveEvery, type DataQuestion, type FromDataReader, type ToDataReader } from '../control/api/dataMessages'
import { createDataService } from '../control/api/dataService'
import { attacks, datasets, distillationMethods } from '../control/experiments/families'

/** Where memory runs out, the kernel ends this process before any other. */
function volunteerForMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Some containers forbid it; the readers' own bounds remain.
  }
}

const service = createDataService({ datasets, attacks, methods: distillationMethods }, process.argv[2] ?? '')
const running = new Map<number, AbortController>()

const say = (message: FromDataReader): void => {
  process.send?.(message, undefined, undefined, () => undefined)
}

function answerOf(question: DataQuestion, signal: AbortSignal, progress: (value: unknown) => void): Promise<unknown> {
  switch (question.name) {
    case 'info':
      return service.info(...question.asked, progress, signal)
    case 'print':
      return service.print(...question.asked, progress, signal)
    case 'images':
      return service.images(...question.asked, signal)
    case 'triggerPreview':
      return service.triggerPreview(...question.asked, signal)
    case 'patchPreview':
      return service.patchPreview(...question.asked, signal)
    case 'recognize':
      return service.recognize(...question.asked)
    default:
      throw new ExhaustiveError(question)
  }
}

async function answer(id: number, question: DataQuestion): Promise<void> {
  const controller = new AbortController()
  running.set(id, controller)
  try {
    const value = await answerOf(question, controller.signal, (told) => say({ say: 'progress', id, value: told }))
    say({ say: 'answer', id, value })
  } catch (error) {
    say({ say: 'refuse', id, causes: toCauses(error) })
  } finally {
    running.delete(id)
  }
}

volunteerForMemory()
process.on('message', (message: ToDataReader) => {
  if (message.say === 'ask') void answer(message.id, message.question)
  else running.get(message.id)?.abort()
})
setInterval(() => say({ say: 'alive' }), aliveEvery)
// Without control nobody waits for an answer.
process.on('disconnect', () => process.exit(0))
