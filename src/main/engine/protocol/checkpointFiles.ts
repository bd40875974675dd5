/** The names of a stage's checkpoints on disk. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

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
