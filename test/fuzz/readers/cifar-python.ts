import { toNameLines, toRecords } from '../../../src/main/engine/families/datasets/cifar/pythonBatches'
import { createYielding } from '../../../src/main/engine/images/yielding'
import { anyOf } from './support/anyOf'
import { layouts } from './support/layouts'
import { name, where } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  anyOf(...layouts.map((layout) => () => toRecords({ name, bytes }, layout, where, createYielding())), () =>
    toNameLines({ name, bytes }, 'label_names', where, createYielding()),
  )
