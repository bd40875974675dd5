import { readRecords } from '../../../src/main/engine/families/datasets/cifar/records'
import { createYielding } from '../../../src/main/engine/images/yielding'
import { anyOf } from './support/anyOf'
import { layouts } from './support/layouts'
import { name, where } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  anyOf(...layouts.map((layout) => () => readRecords([{ name, bytes }], layout, where, createYielding())))
