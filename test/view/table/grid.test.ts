import { flushPromises } from '@vue/test-utils'
import Tooltip from 'primevue/tooltip'
import PrimeVue from 'primevue/config'
import { createPinia } from 'pinia'
import { createApp, defineComponent, h, ref, shallowRef } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import type { TableOrder } from '@shared/domain'
import { connectionKey } from '@renderer/api/connection'
import DataGrid from '@renderer/table/DataGrid.vue'
import QueryField from '@renderer/table/QueryField.vue'
import type { GridColumn } from '@renderer/table/types'
import { useTableRows, type TableRows } from '@renderer/table/useTableRows'
import { useTableSelection, type TableSelection } from '@renderer/table/useTableSelection'
import { fakeConnection } from '../fakeConnection'
import { settle, type } from '../mountWorkbench'
import type { FakeEngineOptions } from '../../fakes/engine'

const columns: GridColumn[] = [
  { id: 'name', title: 'Name', kind: 'text', width: 200, pinned: true },
  { id: 'accuracy', title: 'Accuracy', kind: 'share', width: 90 },
  { id: 'seed', title: 'Seed', kind: 'number', width: 70 },
]

function mountGrid(options: FakeEngineOptions, groups: string[] = []) {
  document.body.innerHTML = '<div id="app"></div>'
  const fake = fakeConnection(options)
  const [query, order, groupBy] = [ref(''), shallowRef<readonly TableOrder[]>([]), ref(groups)]
  const held: { rows?: TableRows; selection?: TableSelection } = {}
  const app = createApp(
    defineComponent(() => {
      const rows = (held.rows = useTableRows(() => ({
        of: 'runs',
        query: query.value,
        columns: columns.map(({ id }) => id),
        measures: ['accuracy', 'seed'],
        order: order.value,
        groupBy: groupBy.value,
      })))
      const selection = (held.selection = useTableSelection(rows))
      return () => [
        h(QueryField, {
          of: 'runs',
          faults: rows.faults.value,
          modelValue: query.value,
          'onUpdate:modelValue': (text: string) => (query.value = text),
        }),
        h(DataGrid, {
          label: 'Runs',
          columns,
          rows,
          order: order.value,
          selection,
          storageKey: 'test.widths',
          'onUpdate:order': (now: TableOrder[]) => (order.value = now),
        }),
      ]
    }),
  )
  app.use(createPinia()).use(PrimeVue).directive('tooltip', Tooltip).provide(connectionKey, fake.connection)
  app.mount('#app')
  const grid = (): HTMLElement => document.querySelector<HTMLElement>('[role=grid]')!
  return {
    ...fake,
    unmount: () => app.unmount(),
    rows: held.rows!,
    selection: held.selection!,
    grid,
    query,
    order,
    lines: () => [...document.querySelectorAll<HTMLElement>('.line')],
    line: (index: number) => document.querySelector<HTMLElement>(`[data-line="${index}"]`)!,
    field: () => document.querySelector<HTMLInputElement>('input[role=combobox]')!,
    key: async (target: HTMLElement, key: string, more: KeyboardEventInit = {}) => {
      target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
      await flushPromises()
    },
  }
}
let page: ReturnType<typeof mountGrid>
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

describe('a table of many rows', () => {
  it('draws what is in sight alone and says how many there are', async () => {
    page = mountGrid({ finishedRuns: 150 })
    await settle()
    expect(page.grid().getAttribute('aria-rowcount')).toBe('151')
    expect(page.lines().length).toBeLessThan(40)
    expect(page.line(0).getAttribute('aria-rowindex')).toBe('2')
    expect(page.line(0).textContent).toContain('Example 150')
  })
  it('reaches the last row by the keyboard', async () => {
    page = mountGrid({ finishedRuns: 150 })
    await settle()
    await page.key(page.grid(), 'End', { ctrlKey: true })
    page.rows.need(120, 149)
    await settle()
    expect(page.rows.at(149)).toMatchObject({ kind: 'row', row: { values: ['Example 1', expect.anything(), 0] } })
    expect(page.grid().getAttribute('aria-activedescendant')).toMatch(/-149-0$/)
  })
  it('orders by the columns whose heads are pressed', async () => {
    page = mountGrid({ finishedRuns: 9 })
    await settle()
    const head = [...document.querySelectorAll<HTMLElement>('.press')].find((entry) => entry.textContent === 'Seed')!
    head.click()
    await settle()
    expect(page.order.value).toEqual([{ column: 'seed', descending: true }])
    expect(head.closest('[role=columnheader]')!.getAttribute('aria-sort')).toBe('descending')
    expect(page.line(0).textContent).toContain('Example 9')
  })
  it('keeps the old rows while new ones are on their way', async () => {
    let release: () => void = () => undefined
    const held: FakeEngineOptions['held'] = {}
    page = mountGrid({ finishedRuns: 5, held })
    await settle()
    held['table.rows'] = new Promise<void>((resolve) => (release = resolve))
    page.query.value = 'seed:1'
    await settle(200)
    expect(page.lines()).toHaveLength(5)
    expect(page.grid().getAttribute('aria-busy')).toBe('true')
    release()
    await settle()
    expect(page.lines()).toHaveLength(1)
    expect(page.grid().getAttribute('aria-busy')).toBe('false')
  })
  it('renews what is in sight when the index has changed', async () => {
    page = mountGrid({ finishedRuns: 2 })
    await settle()
    await page.engine.call('runs.rename', { runId: 'fake-2', name: 'Another name' })
    page.engine.emit('table.changed', { revision: 2 })
    await settle()
    expect(page.line(0).textContent).toContain('Another name')
  })
})

describe('selecting', () => {
  it('takes one by a click, more with Ctrl, and a range with Shift', async () => {
    page = mountGrid({ finishedRuns: 20 })
    await settle()
    const click = async (index: number, more: MouseEventInit = {}): Promise<void> => {
      page.line(index).dispatchEvent(new MouseEvent('click', { bubbles: true, ...more }))
      await flushPromises()
    }
    await click(2)
    await click(5, { shiftKey: true })
    expect(page.selection.selected.value.size).toBe(4)
    await click(9, { ctrlKey: true })
    expect(page.selection.selected.value.size).toBe(5)
    await click(0)
    expect([...page.selection.selected.value]).toEqual(['fake-20'])
  })
  it('takes a range over rows that were never in sight', async () => {
    page = mountGrid({ finishedRuns: 200 })
    await settle()
    page.selection.toggle(1)
    await page.selection.extendTo(180)
    expect(page.selection.selected.value.size).toBe(180)
    expect(page.selection.selected.value.has('fake-20')).toBe(true)
  })
  it('begins a new range where the row of the last one has gone to another line', async () => {
    page = mountGrid({ finishedRuns: 20 })
    await settle()
    page.selection.only(2)
    page.order.value = [{ column: 'created', descending: false }]
    await settle(50)
    await page.selection.extendTo(5)
    expect([...page.selection.selected.value]).toEqual(['fake-18', 'fake-6'])
  })
  it('says that all are selected only of those that match', async () => {
    page = mountGrid({ finishedRuns: 20 })
    await settle()
    const all = (): boolean => document.querySelector<HTMLInputElement>('[aria-label="Select all"]')!.checked
    for (let line = 0; line < 5; line++) page.selection.toggle(line)
    page.query.value = '"Example 1"'
    await settle(200)
    expect(page.lines()).toHaveLength(1)
    expect(all()).toBe(false)
    await page.selection.all()
    await settle()
    expect(all()).toBe(true)
  })
  it('takes all that match with Ctrl+A, seen or not', async () => {
    page = mountGrid({ finishedRuns: 120 })
    await settle()
    await page.key(page.grid(), 'a', { ctrlKey: true })
    await settle()
    expect(page.selection.selected.value.size).toBe(120)
    expect(document.querySelector<HTMLInputElement>('[aria-label="Select all"]')!.checked).toBe(true)
  })
})

describe('groups', () => {
  it('say the mean of all their rows, and show them when opened', async () => {
    page = mountGrid({ finishedRuns: 12 }, ['attack'])
    await settle()
    expect(page.lines()).toHaveLength(2)
    expect(page.line(0).textContent).toMatch(/6 rows.*±.*n 6/)
    page.line(0).querySelector<HTMLElement>('.opener')!.click()
    await settle()
    expect(page.line(0).getAttribute('aria-expanded')).toBe('true')
    expect(page.grid().getAttribute('aria-rowcount')).toBe('9')
    expect(page.line(1).textContent).toContain('Example')
    expect(await page.rows.keysBetween(1, 7)).toHaveLength(6)
    page.line(0).querySelector<HTMLElement>('.opener')!.click()
    await settle()
    expect(page.lines()).toHaveLength(2)
  })
})

describe('the query', () => {
  it('offers what could come next; Tab takes the first, and its values are asked for', async () => {
    page = mountGrid({ finishedRuns: 3 })
    await settle()
    type(page.field(), 'att')
    await settle(150)
    expect(page.field().getAttribute('aria-expanded')).toBe('true')
    await page.key(page.field(), 'Tab')
    expect(page.query.value).toBe('attack:')
    await page.key(page.field(), 'Escape')
    expect(page.field().getAttribute('aria-expanded')).toBe('false')
    await page.key(page.field(), 'Escape')
    expect(page.query.value).toBe('attack:')
  })
  it('takes the suggestion that arrows have chosen with Enter; without one Enter only closes the list', async () => {
    page = mountGrid({ finishedRuns: 3 })
    await settle()
    type(page.field(), 's')
    await settle(150)
    await page.key(page.field(), 'Enter')
    expect(page.query.value).toBe('s')
    type(page.field(), 'se')
    await settle(150)
    await page.key(page.field(), 'ArrowDown')
    await page.key(page.field(), 'ArrowDown')
    await page.key(page.field(), 'Enter')
    expect(page.query.value).toBe('seed:')
  })
  it('marks a term that cannot be used and says why; the rest of the query holds', async () => {
    page = mountGrid({ finishedRuns: 5 })
    await settle()
    type(page.field(), 'sed:1 seed:0')
    await settle(200)
    expect(document.querySelector('.fault')!.textContent).toBe('sed:1')
    expect(document.querySelector('.faults')!.textContent).toContain('There is no column "sed"')
    expect(page.lines()).toHaveLength(4)
  })
  it('"seed:1" finds seed 1 alone', async () => {
    page = mountGrid({ finishedRuns: 45 })
    await settle()
    type(page.field(), 'seed:1')
    await settle(200)
    expect(page.lines()).toHaveLength(4)
    expect(page.lines().every((line) => line.querySelector('[aria-colindex="4"]')!.textContent === '1')).toBe(true)
  })
})
