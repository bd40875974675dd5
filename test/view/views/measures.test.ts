import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { publishedComparison } from '@shared/domain'
import type { ClassesArtifact } from '@renderer/analyses/confusions'
import PublishedCell from '@renderer/views/compare/PublishedCell.vue'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

describe('measures of defenses and classes', () => {
  it('shows DER and RIR of the defended student in the run’s results', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1')
    await settle(100)
    const table = page.find('section[aria-labelledby=results-title]')
    expect([...table.querySelectorAll('thead th')].map((head) => head.textContent)).toEqual(
      expect.arrayContaining(['DER', 'RIR']),
    )
    const [, undefended, defended] = (await page.engine.call('runs.get', { runId: 'fake-1' })).stages.flatMap(
      ({ evaluation }) => (evaluation ? [evaluation] : []),
    )
    const der =
      (Math.max(0, undefended!.asr! - defended!.asr!) - Math.max(0, undefended!.accuracy - defended!.accuracy) + 1) / 2
    const rows = [...table.querySelectorAll('tbody tr')].map((row) => row.textContent ?? '')
    expect(rows[2]).toContain(`${(der * 100).toFixed(1)} %`)
    expect(rows[1]).toContain('––')
  })

  it('shows DER in the compare table', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/compare')
    await settle(150)
    const heads = [...document.querySelectorAll('[role=columnheader]')].map((head) => head.textContent?.trim())
    expect(heads).toContain('DER')
    // Nothing is published about this data set.
    expect(heads).not.toContain('Published')
  })

  it('shows published numbers beside ours, with the difference, or the mark that settings differ', () => {
    const cell = (otherSettings: string[]): string => {
      const result = {
        kind: 'student',
        method: 'zskt',
        defense: 'none',
        data: 'cifar10',
        attack: 'badnet_grid',
      } as const
      const published = publishedComparison({ ...result, accuracy: 0.8, asr: 0.9, otherSettings }, 'zskt')
      const mounted = mount(PublishedCell, { props: { published }, global: { directives: { tooltip: {} } } })
      return mounted.text()
    }
    expect(cell([])).toMatch(/^71\.9 \/ 96\.9.*\+8\.1/)
    expect(cell(['method: Pseudo batches 40 instead of 80,000'])).toMatch(/^71\.9 \/ 96\.9.*other settings/)
  })

  it('shows a model class by class, with its confusion matrix', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1/classes')
    await settle(100)
    const { artifacts } = await page.engine.call('runs.artifacts', { runId: 'fake-1', analysis: 'classes' })
    const { confusion, triggered, images } = artifacts.at(-1)!.artifact as ClassesArtifact
    const rows = (): string[] =>
      [...page.find('section[aria-labelledby=per-class-title]').querySelectorAll('tbody tr')].map(
        (row) => row.textContent ?? '',
      )
    expect(rows()).toHaveLength(10)
    // The target stands apart, the others by their ASR.
    expect(rows()[0]).toContain('target')
    const asr = rows()
      .slice(1)
      .map((row) => Number(/([\d.]+) % \[[^\]]+\][^%]*$/.exec(row)?.[1]))
    expect(asr).toEqual([...asr].sort((left, right) => right - left))
    const target = (await page.engine.call('runs.get', { runId: 'fake-1' })).target
    expect(
      Math.max(...triggered!.map((row, label) => (label === target ? 0 : row[target]! / images[label]!))),
    ).toBeCloseTo(asr[0]! / 100, 2)
    page.find('section[aria-labelledby=per-class-title] thead button').click()
    await settle()
    expect(rows()[1]).toContain(`${((confusion[1]![1]! / images[1]!) * 100).toFixed(1)} %`)
    expect(document.querySelectorAll('section[aria-labelledby=confusion-title] canvas')).toHaveLength(3)
    page.button('As a table').click()
    await settle()
    const table = page.find('section[aria-labelledby=confusion-title] table')
    expect([...table.querySelectorAll('thead th')].map((head) => head.textContent)).toEqual([
      'True class',
      'Predicted',
      'Without trigger',
      'With trigger',
      'Difference, points',
    ])
    expect(table.querySelectorAll('tbody tr').length).toBeGreaterThan(50)
    page.button('Save the confusion matrices as CSV').click()
    await settle()
    expect(page.saved[0]!.text.split('\r\n')).toHaveLength(102)
    expect(page.find('section[aria-labelledby=mistakes-title]').textContent).toContain('taken for')
  })
})
