import { describe, expect, it } from 'vitest'
import { createInnerStepListener, type InnerStepOptions } from '../../../src/main/engine/trainer/innerSteps'
import { StepInterrupted } from '../../../src/main/engine/families/distillation/innerSteps'

/** A loop of inner steps on a clock of its own. */
function loopOf(options: Partial<InnerStepOptions>) {
  const told: string[] = []
  let time = 0
  const innerStep = createInnerStepListener({
    tell: ({ message, fraction }) => {
      told.push(`${message}, ${Math.round(fraction * 100)} %`)
    },
    request: () => 'go',
    now: () => time,
    ...options,
  })
  return {
    told,
    run: (what: string, done: number, of: number, milliseconds: number) => {
      time += milliseconds
      return innerStep(what, done, of)
    },
  }
}

describe('inside a step', () => {
  it('tells once a second how far a long loop is, and nothing of quick ones', () => {
    const { told, run } = loopOf({})
    for (let call = 0; call < 20; call++)
      for (let step = 1; step <= 5; step++) void run('Student updates', step, 5, 100)
    expect(told).toEqual([])
    for (let step = 1; step <= 10; step++) void run('Synthesis', step, 10, 400)
    expect(told).toEqual(['Synthesis 4 of 10, 40 %', 'Synthesis 7 of 10, 70 %', 'Synthesis 10 of 10, 100 %'])
  })

  it('gives nothing to await until a tenth of a second has passed, so that quick loops pay nothing', async () => {
    const { run } = loopOf({})
    const breaths: boolean[] = []
    for (let step = 1; step <= 6; step++) {
      const waiting = run('Student updates', step, 6, 40)
      breaths.push(waiting !== undefined)
      await waiting
    }
    expect(breaths).toEqual([false, false, true, false, false, true])
  })

  it('gives a step up when it has not ended within the patience after a request', async () => {
    let request: 'go' | 'stop' = 'go'
    const { run } = loopOf({ request: () => request, patience: 2000 })
    await run('Synthesis', 1, 10, 500)
    request = 'stop'
    await run('Synthesis', 2, 10, 500)
    await run('Synthesis', 3, 10, 1500)
    await expect(run('Synthesis', 4, 10, 500)).rejects.toEqual(new StepInterrupted('stop'))
  })
})
