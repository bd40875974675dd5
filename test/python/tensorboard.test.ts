/** TensorBoard's own reader against what is exported. `npm run test:python`, with PYTHON=… */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { beganAt, finishedRun } from '../fixtures/finishedRun'
import { exported } from '../unit/exports/support'
import { temporaryFolder } from '../unit/importers/craft/files'
import { askScript, hasModule } from './python'

interface SeenRun {
  readonly scalars: Readonly<Record<string, readonly (readonly [step: number, time: number, value: number])[]>>
  readonly images: Readonly<Record<string, readonly (readonly [step: number, width: number, height: number])[]>>
  readonly hparams: Readonly<Record<string, Record<string, unknown>>>
}

describe.skipIf(!hasModule('tensorboard'))('TensorBoard', () => {
  const base = temporaryFolder()

  it('reads curves, images and settings of every model', async () => {
    const store = await finishedRun(join(base, 'workspace'))
    await exported(store, { format: 'tensorboard', target: join(base, 'logs') })
    const seen = (await askScript('tensorboard_check.py', join(base, 'logs'))) as Record<string, SeenRun>
    expect(Object.keys(seen)).toEqual(['student-1-no-defense', 'student-2-shuffling-vaccine', 'teacher'])
    const { scalars, images, hparams } = seen['student-2-shuffling-vaccine'] ?? { scalars: {}, images: {}, hparams: {} }
    const { accuracy } = await store.metrics.read('runs/r/student-2')
    expect(scalars.accuracy?.map(([step, , value]) => [step, value])).toEqual(
      [...(accuracy?.steps ?? [])].map((step, index) => [step, Math.fround(accuracy?.values[index] ?? NaN)]),
    )
    expect(scalars['loss/studentLoss']?.[4]?.slice(0, 2)).toEqual([5, beganAt / 1000 + 85])
    expect(images).toEqual({
      'images/synthetic': [
        [20, 256, 64],
        [40, 256, 64],
      ],
      'figures/classes/confusion': [[40, 644, 666]],
      'figures/classes/triggered': [[40, 644, 666]],
      'figures/suspects/precision-recall': [[40, 560, 520]],
    })
    expect(hparams['_hparams_/session_start_info']).toMatchObject({
      group: 'r/student-2',
      settings: { defense: 'sv', 'poisoning.ratio': 0.1, seed: 0 },
    })
    expect(hparams['_hparams_/session_end_info']).toEqual({ status: 1 })
  })
})
