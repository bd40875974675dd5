import { describe, expect, it } from 'vitest'
import { cardIssue } from '../../../../src/main/engine/control/experiments/cardIssue'
import { deviceIssues } from '../../../../src/main/engine/control/experiments/deviceIssues'
import { defaultsOf } from '../../../../src/shared/schema'
import { executionSchema, type DeviceReport, type Execution } from '../../../../src/shared/domain'
import { fakeDevice } from '../../../fakes/device'

const card = (gigabytes: number): DeviceReport => ({
  ...fakeDevice,
  kind: 'gpu',
  title: 'GeForce',
  computeCapability: '8.6',
  memoryBytes: gigabytes * 1e9,
})
const needs = (gigabytes: number, slots = 1) => ({ bytes: gigabytes * 1e9, slots })

describe('what a card holds', () => {
  it.each([4, 6, 8])(
    'is nine tenths of its %i GB, more is warned of and, beyond what an estimate may be off, refused with numbers',
    (size) => {
      expect(cardIssue(card(size), needs(size * 0.89))).toBeNull()
      expect(cardIssue(card(size), needs(size * 0.91))).toMatchObject({ severity: 'warning', path: 'execution.device' })
      expect(cardIssue(card(size), needs(size * 1.13))).toMatchObject({ severity: 'error', path: 'execution.device' })
    },
  )

  it('says what is needed, what there is and what needs less', () => {
    const message =
      'does not fit on the card: about 5.2 GB are needed, GeForce has 4.0 GB, of which 3.6 GB can be used; a smaller batch, smaller networks or mixed precision need less; the processor has the machine’s memory'
    expect(cardIssue(card(4), needs(5.2))?.message).toBe(message)
  })

  it('warns where one stage fits and not as many as there are slots', () => {
    expect(cardIssue(card(8), needs(3, 2))).toBeNull()
    const issue = cardIssue(card(8), needs(3, 3))
    expect(issue?.severity).toBe('warning')
    expect(issue?.message).toContain('3 stages at once do not fit on the card: about 3.0 GB each are needed')
    expect(issue?.message).toContain('with 2 at once they do')
  })

  it('is not judged where no memory is known', () => {
    expect(cardIssue({ title: 'GeForce' }, needs(100))).toBeNull()
  })
})

describe('before a run', () => {
  const issuesOf = async (execution: Partial<Execution>, known: DeviceReport | null, found = known) => {
    const asked: number[] = []
    const find = () => (found ? Promise.resolve(found) : Promise.reject(new Error('none')))
    const config = { execution: { ...defaultsOf(executionSchema), ...execution } as Execution }
    const issues = await deviceIssues(config, { known: () => known, find }, () => {
      asked.push(1)
      return needs(5)
    })
    return { severities: issues.map(({ severity }) => severity), asked: asked.length }
  }

  it('a card that is asked for, or known and taken by itself, is judged', async () => {
    expect(await issuesOf({ device: 'gpu' }, null, card(4))).toEqual({ severities: ['error'], asked: 1 })
    expect(await issuesOf({ device: 'auto' }, card(4))).toEqual({ severities: ['error'], asked: 1 })
    expect(await issuesOf({ device: 'auto' }, card(8))).toEqual({ severities: [], asked: 1 })
  })

  it('no memory is asked after where the processor computes, or nothing is known yet', async () => {
    expect(await issuesOf({ device: 'cpu' }, card(4))).toEqual({ severities: [], asked: 0 })
    expect(await issuesOf({ device: 'auto' }, fakeDevice)).toEqual({ severities: [], asked: 0 })
    expect(await issuesOf({ device: 'auto' }, null, card(4))).toEqual({ severities: [], asked: 0 })
  })
})
