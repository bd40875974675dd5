/** Names of folders and files for what belongs to a model. */
import type { StageToExport } from './types'

/** Letters and digits that every file system and shell takes, joined by hyphens. */
export const plainName = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .toLowerCase()
    .slice(0, 80)

/** "teacher", "student-1-sv-c-2". */
export function folderOf({ record, name }: Pick<StageToExport, 'record' | 'name'>): string {
  if (record.kind !== 'student') return record.id
  const words = plainName(name)
  return words === '' ? record.id : `${record.id}-${words}`
}
