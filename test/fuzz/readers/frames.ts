import { parseCall, parseSubscription, type EngineCallName } from '../../../src/shared/contract'
import { decodeClientFrame, decodeServerFrame } from '../../../src/shared/rpc/frames'
import { anyOf } from './support/anyOf'

export const read = async (bytes: Buffer): Promise<void> => {
  await anyOf(
    async () => decodeServerFrame(bytes),
    async () => {
      const frame = decodeClientFrame(bytes)
      if (frame.verb === 'call') parseCall(frame.name as EngineCallName, frame.args)
      else if (frame.verb === 'subscribe') parseSubscription(frame.name, frame.filter)
    },
  )
}
