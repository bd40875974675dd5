/** What has become of a task that an earlier engine started on this machine. */
import { attemptLives } from '../../../protocol/processes'
import { readTaskFile } from '../../../protocol/taskFiles'
import { taskFiles, type AttemptFile } from '../../../protocol/taskFolder'

/**
 * `alive`: its process works on; `ended`: it has ended, which its journal tells more of; `none`: nobody has begun.
 * The process of another machine counts as ended: whoever takes up its task fences it off.
 */
export function taskState(folder: string): 'alive' | 'ended' | 'none' {
  const attempt = readTaskFile<AttemptFile>(folder, taskFiles.attempt)
  if (attempt === null) return 'none'
  return attemptLives(attempt) ? 'alive' : 'ended'
}
