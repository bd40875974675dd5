/** The names of a stage's checkpoints on disk, and which of them are asked for. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Recording } from '../../../shared/domain'

const filePattern = /^checkpoint-(\d{9})\.safetensors$/

/** Zeros in front, so that names sort by step. */
export const checkpointFile = (step: number): string => `checkpoint-${String(step).padStart(9, '0')}.safetensors`

export interface Checkpoint {
  path: string
  /** Steps done when it was written. */
  step: number
}

/** The checkpoints of a stage folder, the newest first. */
export function listCheckpoints(folder: string): Checkpoint[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap((name) => {
      const match = filePattern.exec(name)
      return match?.[1] ? [{ path: join(folder, name), step: Number(match[1]) }] : []
    })
    .sort((first, second) => second.step - first.step)
}

/** Whether the checkpoint after so many steps stays. */
export type KeepCheckpoint = (step: number) => boolean

/**
 * Which checkpoints stay: where later students branch off, and the last `keptCheckpoints` evaluation points.
 * Reference: ABD zskt/solver.py run, save_n_checkpoints.
 */
export function keptCheckpoints(
  { evaluateEvery, keptCheckpoints: count }: Pick<Recording, 'evaluateEvery' | 'keptCheckpoints'>,
  total: number,
  branchesAt: ReadonlySet<number>,
): KeepCheckpoint {
  const first = Math.floor(total / evaluateEvery) - count
  return (step) => branchesAt.has(step) || (step % evaluateEvery === 0 && step / evaluateEvery > first)
}
