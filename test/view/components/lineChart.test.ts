import { nextTick } from 'vue'
import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import PrimeVue from 'primevue/config'
import { afterEach, describe, expect, it, vi } from 'vitest'
import LineChart from '@renderer/components/LineChart.vue'
import { lineOf } from '../charts/chartFixtures'

vi.mock('@renderer/api/connection', () => ({
  useConnection: () => ({
    host: {},
    engine: { call: vi.fn(), subscribe: () => () => undefined },
    onReopen: () => undefined,
  }),
}))

let chart: VueWrapper
const lines = [
  lineOf([1, 2, 3], { key: 'a', label: 'SV' }),
  lineOf([4, 5, 6], { key: 'b', label: 'SR' }),
  lineOf([7, 8, 9], { key: 'c', label: 'None' }),
]
function show(): VueWrapper {
  chart = mount(LineChart, {
    props: { title: 'Loss', lines, unit: '', xTitle: 'Step', fileName: 'loss' },
    global: { plugins: [createPinia(), PrimeVue], directives: { tooltip: () => undefined } },
    attachTo: document.body,
  })
  return chart
}
afterEach(() => chart.unmount())
const pressed = (): (string | undefined)[] =>
  chart.findAll('.legend button').map((item) => item.attributes('aria-pressed'))
const click = async (index: number, how: MouseEventInit = {}): Promise<void> => {
  chart
    .findAll('.legend button')
    [index]!.element.dispatchEvent(new MouseEvent('click', { bubbles: true, detail: 1, ...how }))
  await nextTick()
}

describe('the legend of a chart', () => {
  it('hides and shows a line, which stays listed', async () => {
    show()
    expect(pressed()).toEqual(['true', 'true', 'true'])
    await click(0)
    expect(pressed()).toEqual(['false', 'true', 'true'])
    expect(chart.find('[role=img]').attributes('aria-label')).toContain('SV hidden')
    await click(0)
    expect(pressed()).toEqual(['true', 'true', 'true'])
  })
  it('shows one line alone with Alt, with a double click and from the keyboard, and all of them again', async () => {
    show()
    await click(1, { altKey: true })
    expect(pressed()).toEqual(['false', 'true', 'false'])
    await click(1, { altKey: true })
    expect(pressed()).toEqual(['true', 'true', 'true'])
    await click(2)
    await click(2, { detail: 2 })
    expect(pressed()).toEqual(['false', 'false', 'true'])
    await chart.findAll('.legend button')[2]!.trigger('keydown', { key: 'Enter', altKey: true })
    expect(pressed()).toEqual(['true', 'true', 'true'])
  })
})

describe('a chart', () => {
  it('has a name that says what it is and its last values', () => {
    show()
    expect(chart.find('[role=img]').attributes('aria-label')).toBe('Loss by Step, last values: SV 3, SR 6, None 9')
  })
  it('has its numbers as a table on request', async () => {
    show()
    expect(chart.find('table').exists()).toBe(false)
    const button = chart.find('button[aria-label="Table: Loss"]')
    await button.trigger('click')
    expect(button.attributes('aria-pressed')).toBe('true')
    expect(chart.find('table caption').text()).toBe('Loss')
  })
})
