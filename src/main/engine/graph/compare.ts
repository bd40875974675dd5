/** Compares two recordings of one step: what differs was frozen from JavaScript and would be wrong on a later call. */
import { UserError } from '../../../shared/errors'
import type { Recording } from './recording'

function refuse(step: string, what: string, got: string, where: string): never {
  throw new UserError(`The step "${step}" does not do the same on each call: ${what}.`, {
    wanted: 'the same operations and constants for any arguments and state',
    got,
    where,
    action:
      'pass what changes as an argument or keep it in a tf.Variable; compile steps of different structure under different names',
  })
}

/** Errors: UserError naming the first place where the recordings differ. */
export function requireSameRecording(first: Recording, second: Recording): void {
  const { step } = first
  const count = Math.max(first.nodes.length, second.nodes.length)
  for (let index = 0; index < count; index += 1) {
    const before = first.nodes[index]
    const after = second.nodes[index]
    const where = (after ?? before)?.place.describe() ?? ''
    if (before?.op !== after?.op)
      refuse(step, 'another operation ran', `${before?.op ?? 'nothing'}, then ${after?.op ?? 'nothing'}`, where)
    const attributes = [before, after].map((node) => JSON.stringify(node?.attributes))
    if (attributes[0] !== attributes[1])
      refuse(
        step,
        `the attributes of ${after?.op ?? ''} changed`,
        `${attributes[0] ?? ''}, then ${attributes[1] ?? ''}`,
        where,
      )
    if (JSON.stringify(before?.inputs) !== JSON.stringify(after?.inputs))
      refuse(step, `the inputs of ${after?.op ?? ''} changed`, 'another wiring', where)
  }
  second.constants.forEach((constant, index) => {
    const before = first.constants[index]
    if (
      !before ||
      before.shape.join() !== constant.shape.join() ||
      Buffer.compare(before.content, constant.content) !== 0
    ) {
      refuse(
        step,
        'a value made on the host changed',
        `a tensor of shape [${constant.shape.join(', ')}]`,
        constant.place.describe(),
      )
    }
  })
  for (const part of ['outputs', 'assignments'] as const) {
    if (JSON.stringify(first[part]) !== JSON.stringify(second[part]))
      refuse(step, `the ${part} changed`, JSON.stringify(second[part]), `step "${step}"`)
  }
}
