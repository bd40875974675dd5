/** The checkpoint that a fork begins with: a link in the fork's own folder, so that nobody else can take it away. */
import { existsSync } from 'node:fs'
import { copyFile, link, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { checkpointNameText, type RunSummary, type StageRecord, type StudentPrefix } from '../../../../shared/domain'
import { UserError } from '../../../../shared/errors'
import { temporaryBeside } from '../../../machine/temporaries.mjs'
import { listCheckpoints, type Checkpoint } from '../../protocol/checkpointFiles'
import type { StageStart } from '../../protocol/plans'
import { makeFolder, renameAtomically } from '../../weights/atomicFile'
import type { RunStore } from '../store'
import { placeOf } from './demand'

const startFolder = (stageFolder: string): string => join(stageFolder, 'start')

/**
 * Links it, or copies it where the disk has no links. Checkpoints are never written to again, so both are the same.
 * @throws UserError where it is gone: the trainer of a stage that still trains keeps the newest alone
 */
export async function keepForkStart(stageFolder: string, checkpoint: Checkpoint): Promise<void> {
  const folder = startFolder(stageFolder)
  const file = join(folder, basename(checkpoint.path))
  await makeFolder(folder)
  // An earlier fork of the same key may go on from the one that is there: it is replaced, never missing.
  const temporary = temporaryBeside(file)
  try {
    await link(checkpoint.path, temporary).catch(() => copyFile(checkpoint.path, temporary))
    await renameAtomically(temporary, file)
  } catch (error) {
    throw existsSync(checkpoint.path) ? error : goneCheckpoint(checkpoint, error)
  } finally {
    // Renaming does nothing where both are links of one file.
    await rm(temporary, { force: true })
  }
}

const goneCheckpoint = ({ step, path }: Checkpoint, cause: unknown): UserError =>
  new UserError(`The checkpoint at step ${step} is gone: the training went on and dropped it.`, {
    wanted: 'a checkpoint that the run keeps',
    got: 'none any more',
    where: path,
    action: 'Choose another one. Recording says which checkpoints a run keeps.',
    cause,
  })

/** Where a fork begins: its own link, that of another place of its key, or the student that it goes on from. */
export function forkStart(
  { stages, stageFolder }: Pick<RunStore, 'stages' | 'stageFolder'>,
  { forkedFrom }: Pick<RunSummary, 'forkedFrom'>,
  { stage, prefix }: { readonly stage: StageRecord; readonly prefix: StudentPrefix },
): StageStart {
  const own = startFolder(stageFolder(placeOf(stage)))
  const folders = [
    own,
    ...(stage.key ? stages.withKey(stage.key).map(({ place }) => startFolder(stageFolder(place))) : []),
    ...stages.withKey(prefix.key).map(({ place }) => stageFolder(place)),
  ]
  const { step } = prefix
  return {
    folder: folders.find((folder) => listCheckpoints(folder).some((one) => one.step === step)) ?? own,
    step,
    named: forkedFrom ? checkpointNameText(forkedFrom) : `the student that it goes on from, at step ${step}`,
  }
}
