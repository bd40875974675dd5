/** Tasks as child processes of this engine, on this machine. */
import type { Executor } from '../executor'
import type { TrainerLauncher } from './trainerProcess'
import { trainerWatch, watchTrainer } from './watch'

/** @param launch starts a trainer's process: forkingLauncher, or a stand-in of tests */
export function createLocalExecutor(launch: TrainerLauncher): Executor {
  return {
    id: 'local',
    start(task, listener) {
      const handle = launch(task, {
        onReport(report) {
          // Whatever is told is a sign of life: preparation answers no ping while it computes.
          watch.pong()
          listener.onReport(report)
        },
        onExit(code, signal, lastWords) {
          watch.stop()
          listener.onEnd({ killedBy: signal, exitCode: code, lastWords })
        },
      })
      const watch = watchTrainer(handle.send, {
        ...trainerWatch,
        onSilent: () => listener.onSilent(),
        onLost: () => handle.kill(),
      })
      return { request: (kind) => handle.send({ type: kind }), kill: () => handle.kill() }
    },
  }
}
