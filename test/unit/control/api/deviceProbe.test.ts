import { describe, expect, it } from 'vitest'
import { createDeviceProbe } from '../../../../src/main/engine/control/api/deviceProbe'
import { fakeDevice } from '../../../fakes/device'

/** A trainer that ends some time after it was told to, as processes do. */
function slowTrainer() {
  const asked: { answer(): void; end(): void; readonly signal: AbortSignal }[] = []
  const probe = createDeviceProbe(
    (_asked, signal) =>
      new Promise((resolve, reject) => {
        asked.push({
          signal,
          answer: () => resolve({ device: fakeDevice }),
          end: () => reject(new Error('killed')),
        })
      }),
  )
  return { asked, probe }
}

describe('the probe of the device', () => {
  it('answers everybody who asks at the same time by one process', async () => {
    const { asked, probe } = slowTrainer()
    const answers = [probe.find(), probe.find({ fresh: true })]
    asked[0]?.answer()
    expect(await Promise.all(answers)).toEqual([fakeDevice, fakeDevice])
    expect(asked).toHaveLength(1)
  })

  it('is given up when nobody waits any more, and begun anew for whoever comes then', async () => {
    const { asked, probe } = slowTrainer()
    const gone = new AbortController()
    const first = probe.find({ signal: gone.signal })
    await Promise.resolve()
    gone.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    expect(asked[0]?.signal.aborted).toBe(true)
    const second = probe.find()
    asked[0]?.end()
    asked[1]?.answer()
    expect(await second).toEqual(fakeDevice)
  })

  it('begins nothing for somebody who is gone already', async () => {
    const { asked, probe } = slowTrainer()
    await expect(probe.find({ signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
    expect(asked).toHaveLength(0)
  })

  it('asks the processor of a machine with a GPU by a process of its own, and once', async () => {
    const asked: string[] = []
    const probe = createDeviceProbe(({ device, precision }) => {
      asked.push(`${device} ${precision}`)
      return Promise.resolve({ device: device === 'cpu' ? fakeDevice : { ...fakeDevice, kind: 'gpu' as const } })
    })
    expect((await probe.find()).kind).toBe('gpu')
    expect([await probe.find({ device: 'cpu' }), await probe.find({ device: 'cpu' })]).toEqual([fakeDevice, fakeDevice])
    expect(asked).toEqual(['auto float32', 'cpu float32'])
    expect(probe.known()?.kind).toBe('gpu')
  })
})
