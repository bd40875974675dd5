/** Two generations of checkpoints per stage: the older one stays whole while the newer one is written. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readSafetensors } from '../weights/safetensors/read'
import { writeSafetensors } from '../weights/safetensors/write'
import type { StateSnapshot } from '../families/distillation/state'
import type { StreamState } from '../maths/random'
import { checkpointFile, listCheckpoints, type Checkpoint, type KeepCheckpoint } from '../protocol/checkpointFiles'

const formatVersion = 1
const generations = 2

const dropAllBut = async (newest: number, folder: string, keep: KeepCheckpoint): Promise<void> => {
  for (const old of listCheckpoints(folder).slice(newest)) if (!keep(old.step)) await rm(old.path, { force: true })
}

/**
 * Drops all but the newest checkpoint and those to keep: a stage that is done needs no second generation, and replay
 * memories make them large.
 */
export const dropOlderCheckpoints = (folder: string, keep: KeepCheckpoint): Promise<void> => dropAllBut(1, folder, keep)

/** What stands beside the tensors in the file's metadata. */
interface CheckpointMetadata {
  formatVersion: number
  step: number
  seconds: number
  plain: StateSnapshot['plain']
  streams: StreamState[]
}

/** Writes a checkpoint whole or not at all, and then drops all but the last two and those to keep. */
export async function writeCheckpoint(input: {
  readonly folder: string
  readonly step: number
  /** Working seconds until then. */
  readonly seconds: number
  readonly snapshot: StateSnapshot
  readonly keep: KeepCheckpoint
  /** Whatever a process that goes on from here takes for granted must be on disk when this has resolved. */
  readonly settle?: (() => Promise<void>) | undefined
}): Promise<Checkpoint> {
  const { folder, step, seconds, snapshot, keep, settle } = input
  const path = join(folder, checkpointFile(step))
  const { plain, streams, tensors } = snapshot
  const metadata: CheckpointMetadata = { formatVersion, step, seconds, plain, streams }
  await writeSafetensors(path, tensors, { abdWorkbench: JSON.stringify(metadata) }, { beforeRename: settle })
  await dropAllBut(generations, folder, keep)
  return { path, step }
}

export interface ReadCheckpoint {
  step: number
  seconds: number
  snapshot: StateSnapshot
  path: string
}

/**
 * The newest checkpoint that reads whole, or null when there is none. A damaged one is passed over in favour of the
 * older generation
 * and told through `onDamaged`, so that a kill in the middle of anything costs at most one interval.
 */
export async function readLatestCheckpoint(
  folder: string,
  onDamaged: (path: string, error: unknown) => void,
): Promise<ReadCheckpoint | null> {
  for (const candidate of listCheckpoints(folder)) {
    try {
      return await readCheckpoint(candidate.path)
    } catch (error) {
      onDamaged(candidate.path, error)
    }
  }
  return null
}

async function readCheckpoint(path: string): Promise<ReadCheckpoint> {
  const { tensors, metadata } = await readSafetensors(path)
  const stored = JSON.parse(metadata.abdWorkbench ?? 'null') as CheckpointMetadata | null
  if (stored?.formatVersion !== formatVersion)
    throw new Error(`checkpoint format ${String(stored?.formatVersion)}, this version reads ${formatVersion}`)
  return {
    step: stored.step,
    seconds: stored.seconds,
    path,
    snapshot: { tensors, plain: stored.plain, streams: stored.streams },
  }
}

/** The checkpoint after exactly so many steps; null where none is kept or it cannot be read, which is told. */
export async function readCheckpointAt(
  folder: string,
  step: number,
  onDamaged: (path: string, error: unknown) => void,
): Promise<ReadCheckpoint | null> {
  const found = listCheckpoints(folder).find((candidate) => candidate.step === step)
  if (!found) return null
  try {
    return await readCheckpoint(found.path)
  } catch (error) {
    onDamaged(found.path, error)
    return null
  }
}
