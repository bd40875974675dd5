import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import { readStudyFile } from '../../../src/main/engine/control/studies/file/read'
import { fakeFamilies } from '../../fakes/catalogue'

const context = { table: memberTable(fakeFamilies) }

export const read = async (bytes: Buffer): Promise<void> => {
  readStudyFile(bytes.toString('utf8'), context)
}
