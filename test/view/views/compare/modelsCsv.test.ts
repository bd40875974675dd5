import { expect, it } from 'vitest'
import { csvColumns, modelsCsv } from '@renderer/views/compare/modelsCsv'

it('writes rates with Wilson’s interval and the images behind them', () => {
  const columns = csvColumns(['sv.coefficient', 'name'])
  expect(columns.filter((column) => column === 'name')).toHaveLength(1)
  const text = modelsCsv(
    {
      matching: 2,
      total: 2,
      faults: [],
      keys: ['run-1/student-1', 'run-2/teacher'],
      conditions: Int32Array.of(0, -1),
      columns: {
        name: ['One, with a comma', 'Two'],
        accuracy: Float64Array.of(0.8, NaN),
        images: Float64Array.of(10, NaN),
        asr: Float64Array.of(0.5, 0.25),
        nonTarget: Float64Array.of(NaN, 4),
        health: ['deadStudent\nstalled', null],
        created: Float64Array.of(0, 1000),
        'execution.precision': ['mixed', null],
        'sv.coefficient': Float64Array.of(2, NaN),
      },
    },
    columns,
  )
  const [head, one, two] = text.trim().split('\r\n')
  expect(head).toContain('accuracy,accuracy low,accuracy high,accuracy images,asr,asr low')
  expect(head?.endsWith('created,execution.precision,arithmetic,sv.coefficient')).toBe(true)
  expect(one).toContain('run-1,student-1,"One, with a comma"')
  expect(one).toMatch(/,0\.8,0\.49016\d*,0\.94331\d*,10,0\.5,,,,/)
  expect(one).toContain('deadStudent; stalled')
  expect(one?.endsWith('1970-01-01T00:00:00.000Z,mixed,,2')).toBe(true)
  expect(two).toMatch(/,,,,,0\.25,0\.0455\d*,0\.6993\d*,4,/)
})
