/** Answers the calls about studies that steer none: they read and write files. */
import type { CallHandlers } from '../../../../../shared/contract'
import { parseDefinition } from '../../studies/definition'
import { readStudy } from '../../studies/files'
import { writeStudyFile } from '../../studies/file/write'
import type { EngineContext } from '../context'

export const studyFileHandlers = ({
  table,
  options,
}: EngineContext): Pick<CallHandlers, 'studies.presets' | 'studies.read' | 'studies.write'> => ({
  'studies.presets': () => [...(options.studyPresets ?? [])],
  'studies.read': ({ text, fileName }) => {
    const { definition, remarks } = readStudy(text, fileName, table)
    return { definition, remarks: [...remarks] }
  },
  'studies.write': ({ definition }) => ({ text: writeStudyFile(parseDefinition(definition), table) }),
})
