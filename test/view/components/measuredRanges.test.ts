import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import MeasuredRanges from '@renderer/components/MeasuredRanges.vue'

const rates = { accuracy: 0.9, asr: 0.8 }
const textOf = (...times: (number | null)[]): string => {
  const measured = times.map((seconds, seed) => ({ seed, seconds, teacher: rates, students: [rates] }))
  const demonstration = { explanation: [], analysis: '', students: ['No defense'], measured, config: {} }
  return mount(MeasuredRanges, { props: { demonstration }, global: { stubs: ['MetricTerm'] } }).text()
}

it('claims a time of the runs alone that were timed', () => {
  expect(textOf(61, 240)).toContain('Measured over 2 seeds on two CPU cores, at most 4 minutes each:')
  expect(textOf(326, null)).toContain('on two CPU cores, at most 6 minutes where it was timed:')
  expect(textOf(null, null)).toContain('on two CPU cores:')
})
