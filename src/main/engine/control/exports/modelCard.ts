/** The page that is written beside an exported model. */
import { basename, dirname, join } from 'node:path'
import type { CallArgs, CallResult } from '../../../../shared/contract'
import { exporters } from '../../families/exporters'
import { modelCardName, modelCardText } from '../../families/runExporters/cards/modelCard'
import { writeAtomically } from '../../weights/atomicFile'
import { fileHash } from './evidence'
import { runToExport, type ExportSource } from './runToExport'
import { assertNewFile } from './targets'

export interface ModelCard {
  /** @returns its path */
  write(stageId: string, model: CallResult<'model.export'>): Promise<string>
}

/** @throws RefusedInputError where a file of its name is there already */
export async function newModelCard(
  source: ExportSource,
  { runId, stageId, path, format }: CallArgs<'model.export'>,
): Promise<ModelCard> {
  const run = runToExport(runId, source)
  const target = join(dirname(path), modelCardName(run, stageId))
  await assertNewFile(target)
  return {
    async write(id, { path: file, bytes }) {
      const stage = run.stages.find(({ record }) => record.id === id)
      if (!stage) throw new Error(`The run has no stage ${id}.`)
      const title = exporters.has(format) ? exporters.get(format).title : format
      const text = modelCardText(run, stage, {
        name: basename(file),
        format: title,
        bytes,
        sha256: await fileHash(file),
      })
      await writeAtomically(target, [Buffer.from(text)])
      return target
    },
  }
}
