/** An experiment as its stages have read it. */
import { existsSync } from 'node:fs'
import type { ExperimentConfig } from '../../../../shared/domain'
import type { MemberTable } from '../experiments/memberTable'
import type { RunStore } from '../store'
import { importedTeacherFile, withCopiesThatExist } from './copiedFiles'
import { placeOf } from './demand'

/**
 * With the copies of the files that it names in place of the originals, which may be others by now.
 * @throws UserError when its configuration cannot be read
 */
export function asTrained(runId: string, store: RunStore, table: MemberTable): ExperimentConfig {
  const config = store.runs.config(runId)
  const copied = withCopiesThatExist(config, table, store.runFolder(runId))
  const teacher = store.runs.peek(runId).stages.find(({ kind }) => kind === 'teacher')
  if (config.teacher.source !== 'file' || !teacher) return copied
  const file = importedTeacherFile(store.stageFolder(placeOf(teacher)), config)
  return existsSync(file) ? { ...copied, teacher: { ...copied.teacher, file } } : copied
}
