import type { StepProgram } from '../graph/types'
import type { PhaseClock } from './phaseClock'

/** The same program, whose steps' first calls count as recording. */
export const timedProgram = (program: StepProgram, clock: PhaseClock): StepProgram => ({
  mode: program.mode,
  compile(...step) {
    const runner = program.compile(...step)
    let first = true
    return {
      ...runner,
      run(args) {
        if (!first) return runner.run(args)
        first = false
        return clock.within('graphs', () => runner.run(args))
      },
    }
  },
  readState: () => program.readState(),
  writeState: () => program.writeState(),
  dispose: () => program.dispose(),
})
