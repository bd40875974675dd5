/**
 * Copies of what analyses that were asked for have found, in their runs' folders: a rebuilt database has them from
 * there. Each is a file of its own, beside run.json: it is written once, and may be large.
 */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AskedAnalysis } from '../../../../shared/domain'
import { makeFolderWithin, writeAtomically } from '../../weights/atomicFile'
import { privateFile } from './folders'

export interface AskedCopy {
  readonly asked: AskedAnalysis
  readonly artifact: unknown
}

export interface AskedCopies {
  /** Nothing where the run has no folder. */
  write(copy: AskedCopy): Promise<void>
  remove(asked: AskedAnalysis): void
  /** Those of a run; those that cannot be read stay where they are. */
  ofRun(runId: string): AskedCopy[]
}

const folderName = 'analyses'

export function createAskedCopies(runFolder: (runId: string) => string): AskedCopies {
  const fileOf = ({ runId, id }: AskedAnalysis): string => join(runFolder(runId), folderName, `${id}.json`)
  return {
    async write(copy) {
      const { asked } = copy
      if (!existsSync(runFolder(asked.runId))) return
      await makeFolderWithin(runFolder(asked.runId), folderName)
      await writeAtomically(fileOf(asked), [Buffer.from(JSON.stringify(copy))], { mode: privateFile })
    },
    remove: (asked) => rmSync(fileOf(asked), { force: true }),
    ofRun(runId) {
      const folder = join(runFolder(runId), folderName)
      return (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
        try {
          return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as AskedCopy]
        } catch {
          return []
        }
      })
    },
  }
}
