import { describe, expect, it } from 'vitest'
import { decodeLine, encodeLine } from '../../../src/main/engine/protocol/journalLines'
import type { TaskReport } from '../../../src/main/engine/protocol/taskFolder'

const through = (report: TaskReport): TaskReport => decodeLine(encodeLine({ number: 3, time: 1, report })).report
const grid = { file: 'pool/000000001.png', bytes: 9 }

describe('a line of a journal', () => {
  it('is one line, whatever the report says', () => {
    const text = encodeLine({ number: 0, time: 1, report: { type: 'log', level: 'info', message: 'one\ntwo\u2028' } })
    expect(text.indexOf('\n')).toBe(text.length - 1)
    expect(decodeLine(text)).toEqual({
      number: 0,
      time: 1,
      report: { type: 'log', level: 'info', message: 'one\ntwo\u2028' },
    })
  })

  it('carries numbers that JSON lacks', () => {
    const points = [NaN, Infinity, -Infinity, -0.5, 1e-300].map((value, step) => ({
      name: 'loss' as const,
      step,
      value,
    }))
    expect(through({ type: 'metrics', points })).toEqual({ type: 'metrics', points })
    const call = { call: 1, keptStep: 2, steps: 3, loss: NaN, poolImages: 4, count: 1, height: 1, width: 1 }
    expect(through({ type: 'pool', grid, call: { ...call, channels: 1 } })).toMatchObject({ call: { loss: NaN } })
    const labels = { step: 1, count: 2, height: 1, width: 1, channels: 3 as const, teacherConfidence: [NaN, 0.5] }
    expect(through({ type: 'images', grid, labels })).toEqual({ type: 'images', grid, labels })
    const progress: TaskReport = { type: 'progress', step: 1, totalSteps: 2, seconds: 3, secondsLeft: Infinity }
    expect(through(progress)).toEqual(progress)
    const evaluation = { accuracy: NaN, asr: null, asrAll: 1, robustAccuracy: 0, images: 3, nonTarget: 2 }
    for (const report of [
      { type: 'evaluation', step: 1, evaluation },
      { type: 'finished', outcome: 'done', step: 1, evaluation, weights: null },
      { type: 'finished', outcome: 'done', step: 1, evaluation: null, weights: null },
    ] as const)
      expect(through(report)).toEqual(report)
  })

  it('leaves texts alone that only look like such numbers, and keeps artifacts as JSON has them', () => {
    const log: TaskReport = { type: 'log', level: 'info', message: 'NaN' }
    expect(through(log)).toEqual(log)
    const artifact = { classes: ['NaN', 'Infinity'], values: [NaN, 1] }
    expect(through({ type: 'artifact', analysis: 'a', step: 1, artifact })).toEqual({
      type: 'artifact',
      analysis: 'a',
      step: 1,
      artifact: { classes: ['NaN', 'Infinity'], values: [null, 1] },
    })
  })

  it.each([
    '',
    '{',
    'null',
    '7',
    '{"number":1}',
    '{"number":"1","report":{"type":"log"}}',
    '{"number":1,"time":1,"report":null}',
    '{"number":1,"time":1,"report":{"type":"toString"}}',
    '{"number":1,"time":1,"report":{"type":"pong","time":1}}',
  ])('is not %j', (text) => {
    expect(() => decodeLine(text)).toThrow()
  })
})
