import { parseIdx } from '../../../src/main/engine/families/datasets/files/idx'
import { createYielding } from '../../../src/main/engine/images/yielding'
import { anyOf } from './support/anyOf'
import { name, where } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  anyOf(
    ...([1, 3] as const).map(
      (dimensions) => () => parseIdx(bytes, { name, where, dimensions, limit: 16_000_000, yielding: createYielding() }),
    ),
  )
