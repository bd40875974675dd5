/** Study files and other tools' sweep files. */
import type { StudyDefinition, StudyRemark } from '../../../../shared/domain'
import type { MemberTable } from '../experiments/memberTable'
import { readYaml } from './file/document'
import { studyOf } from './file/read'
import { isSweep } from './sweeps/parameters'
import { readSweep } from './sweeps/read'

export interface ReadStudy {
  readonly definition: StudyDefinition
  readonly remarks: readonly StudyRemark[]
}

const folderOf = (fileName: string | undefined): string | undefined =>
  fileName?.startsWith('/') ? fileName.slice(0, fileName.lastIndexOf('/')) : undefined

/**
 * @param fileName where it is absolute, relative names of files in it are seen from its folder
 * @throws RefusedInputError with line and column
 */
export function readStudy(text: string, fileName: string | undefined, table: MemberTable): ReadStudy {
  const yaml = readYaml(text)
  if (isSweep(yaml.content)) return readSweep(yaml.content, table)
  const folder = folderOf(fileName)
  const definition = studyOf(yaml, { table, ...(folder === undefined ? {} : { folder }) })
  return { definition, remarks: [] }
}
