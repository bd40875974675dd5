import { parseTestList } from '../../../src/main/engine/families/datasets/gtsrb/testList'
import { where } from './support/inFile'

export const read = async (bytes: Buffer): Promise<void> => {
  parseTestList(bytes.toString('utf8'), where, { count: 43, action: 'none' })
}
