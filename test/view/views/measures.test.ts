import { afterEach, describe, expect, it } from 'vitest'
import type { ClassesArtifact } from '@renderer/analyses/confusions'
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
    expect([...document.querySelectorAll('.p-datatable-thead th')].map((head) => head.textContent?.trim())).toContain(
      'DER',
    )
  })

  it('shows published numbers beside ours, with the difference, once a model has one', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/compare')
    await settle(150)
    const heads = (): string[] =>
      [...document.querySelectorAll('.p-datatable-thead th')].map((head) => head.textContent?.trim() ?? '')
    expect(heads()).not.toContain('Published')
    const run = await page.engine.call('runs.get', { runId: 'fake-1' })
    const emit = (otherSettings: string[], test: number): void => {
      const stages = run.stages.map((stage) =>
        stage.kind === 'data' ? { ...stage, imageCounts: { train: 50_000, test } } : { ...stage, otherSettings },
      )
      page.engine.emit('run.changed', { run: { ...run, data: 'cifar10', stages } })
    }
    emit([], 10_000)
    await settle(150)
    const place = heads().indexOf('Published')
    const cells = (): string[] =>
      [...document.querySelectorAll('.p-datatable-tbody tr')].map(
        (row) => row.querySelectorAll('td')[place]?.textContent?.trim() ?? '',
      )
    const rows = cells()
    const undefended = run.stages.find((stage) => stage.defense === 'none')!.evaluation!
    const difference = (Math.abs(undefended.accuracy - 0.719) * 100).toFixed(1)
    const own = rows.find((text) => text.startsWith('71.9 / 96.9'))
    expect(own).toContain(difference)
    // The single defense has no published number.
    expect(rows.filter((text) => text === '–')).toHaveLength(1)
    // A cut-down copy alone, and settings alone, take the difference away.
    for (const [others, test] of [
      [[], 2000],
      [['method: Pseudo batches 40 instead of 80,000'], 10_000],
    ] as const) {
      emit([...others], test)
      await settle(150)
      const marked = cells().find((text) => text.startsWith('71.9 / 96.9'))
      expect(marked).toContain('other settings')
      expect(marked).not.toContain(difference)
    }
    page.button('CSV').click()
    await settle()
    expect(page.saved[0]!.text).toContain('method: Pseudo batches 40 instead of 80,000')
  })

  it('shows a model class by class, with its confusion matrix', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1/classes')
    await settle(100)
    const { artifacts } = await page.engine.call('runs.artifacts', { runId: 'fake-1', analysis: 'classes' })
    const { accuracy, confusion } = artifacts.at(-1)!.artifact as ClassesArtifact
    const classes = [...page.find('section[aria-labelledby=per-class-title]').querySelectorAll('tbody tr')].map(
      (row) => row.textContent ?? '',
    )
    expect(classes).toHaveLength(10)
    expect(classes[3]).toContain(`${(accuracy[3]! * 100).toFixed(1)} %`)
    expect(classes[0]).toContain('target')
    const defined = [
      ...document.querySelectorAll<HTMLElement>('section .panel-head .defined, section thead .defined'),
    ].map((term) => term.textContent)
    expect(defined).toEqual(['Accuracy', 'Confusion matrix', 'Share of the true class'])
    const cells = [...page.find('section[aria-labelledby=confusion-title]').querySelectorAll('tbody td')].map((cell) =>
      Number(cell.textContent),
    )
    expect(cells).toEqual(confusion.flat())
    expect(page.find('section[aria-labelledby=mistakes-title]').textContent).toContain('taken for')
  })
})
