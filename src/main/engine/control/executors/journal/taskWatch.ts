/** Signs of life of a task: its heartbeat file, and its journal. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { taskFiles } from '../../../protocol/taskFolder'
import type { Follower } from './follower'
import { trainerWatch, watchTrainer, type Watch } from './watch'

/**
 * Files are compared with what they were, never with a clock: the node's may be another. To be started when the task
 * runs; one that waits for a node has no heart yet.
 */
export function watchTask(
  folder: string,
  follower: Pick<Follower, 'at'>,
  listener: { onSilent(): void; onLost(): void },
  intervals = trainerWatch,
): Watch {
  let last = ''
  const look = async (): Promise<void> => {
    const beat = await stat(join(folder, taskFiles.heartbeat)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    )
    const now = `${beat} ${follower.at?.attempt} ${follower.at?.offset}`
    if (now !== last) watch.heard()
    last = now
  }
  const watch = watchTrainer(() => void look(), { ...intervals, ...listener })
  return watch
}
