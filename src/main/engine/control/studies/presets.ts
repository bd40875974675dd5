/** The studies that come with the product: one file under resources/studies and one line here. */
import type { StudyPreset } from '../../../../shared/domain'
import signsSmall from '../../../../../resources/studies/signs-small.yml?raw'
import type { MemberTable } from '../experiments/memberTable'
import { readStudyFile } from './file/read'

const files: readonly (readonly [id: string, text: string])[] = [['signs-small', signsSmall]]

/** @param table the members that the files name */
export const studyPresets = (table: MemberTable): StudyPreset[] =>
  files.map(([id, text]) => {
    const definition = readStudyFile(text, { table })
    return { id, title: definition.name, description: definition.note, definition }
  })
