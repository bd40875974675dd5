import { describe, expect, it } from 'vitest'
import { createPhaseClock, type ClockSource } from '../../../src/main/engine/trainer/phaseClock'
import { timedProgram } from '../../../src/main/engine/trainer/timedProgram'

/** A process whose time goes on only where a test says so; its CPU time is twice that. */
function fakeProcess(): ClockSource & { pass(seconds: number): void } {
  let now = 0
  return {
    began: 1000,
    now: () => now,
    cpuSeconds: () => (2 * now) / 1000,
    peakBytes: () => 7,
    pass: (seconds) => {
      now += 1000 * seconds
    },
  }
}

describe('the phases of a process', () => {
  it('begins with the start, and counts what is inside another phase for itself alone', async () => {
    const source = fakeProcess()
    const clock = createPhaseClock(source)
    source.pass(1)
    clock.enter('rest')
    clock.within('evaluation', () => {
      source.pass(2)
      clock.within('analyses', () => source.pass(3))
      source.pass(4)
    })
    await clock.within('checkpoints', async () => {
      await Promise.resolve()
      source.pass(5)
    })
    source.pass(6)
    expect(clock.account()).toEqual({
      began: 1000,
      ended: 22_000,
      peakBytes: 7,
      phases: {
        start: { seconds: 1, cpuSeconds: 2 },
        evaluation: { seconds: 6, cpuSeconds: 12 },
        analyses: { seconds: 3, cpuSeconds: 6 },
        checkpoints: { seconds: 5, cpuSeconds: 10 },
        rest: { seconds: 6, cpuSeconds: 12 },
      },
    })
  })

  it('goes on in the phase before where work throws or rejects', async () => {
    const source = fakeProcess()
    const clock = createPhaseClock(source)
    const failing = (): never => {
      throw new Error('no')
    }
    clock.enter('rest')
    expect(() => clock.within('training', failing)).toThrow('no')
    await expect(clock.within('training', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    source.pass(1)
    expect(clock.account().phases).toMatchObject({ training: { seconds: 0 }, rest: { seconds: 1 } })
  })

  it('counts the first call of each captured step as recording, and hands on how often a call does it', () => {
    const source = fakeProcess()
    const asked: unknown[] = []
    const clock = createPhaseClock(source)
    const program = timedProgram(
      {
        mode: 'graph',
        compile: (name, _step, options) => {
          asked.push(options)
          return { name, run: () => (source.pass(1), {}) }
        },
        readState: () => undefined,
        writeState: () => undefined,
        dispose: () => undefined,
      },
      clock,
    )
    const runner = program.compile('step', () => ({}), { repeats: 10 })
    expect(asked).toEqual([{ repeats: 10 }])
    clock.enter('rest')
    clock.within('training', () => [runner.run({}), runner.run({}), runner.run({})])
    expect(clock.account().phases).toMatchObject({ graphs: { seconds: 1 }, training: { seconds: 2 } })
  })
})
