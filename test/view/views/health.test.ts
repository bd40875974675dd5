import { afterEach, describe, expect, it } from 'vitest'
import type { HealthFinding } from '@shared/domain'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const dead: HealthFinding = {
  kind: 'deadStudent',
  severity: 'error',
  reason: 'Accuracy 10.0 % [9.4, 10.6] is not above the 10.0 % of always answering one of 10 classes.',
  place: 'charts',
  step: 40,
}

async function withFinding(finding: HealthFinding, path: string): Promise<void> {
  page = await mountWorkbench({ finishedRuns: 1 }, path)
  await settle(100)
  const run = await page.engine.call('runs.get', { runId: 'fake-1' })
  const stages = run.stages.map((stage) =>
    stage.kind === 'student' && stage.index === 0 ? { ...stage, health: [finding] } : stage,
  )
  page.engine.emit('run.changed', { run: { ...run, stages } })
  await settle(100)
}

describe('a student that has learnt nothing', () => {
  it('is not called done where runs are listed, and says why', async () => {
    await withFinding(dead, '/')
    const badge = page.find('[data-line] .state-badge:not(.bare)')
    expect(badge.textContent).toContain('Dead student')
    expect(badge.className).toContain('bad')
    expect(badge.className).not.toContain('good')
    expect(badge.title).toBe(`Done, but: ${dead.reason}`)
  })

  it('has a badge in the results with its reason that leads to its place', async () => {
    await withFinding(dead, '/runs/fake-1')
    expect(page.find('.run-header .state-badge').textContent).toContain('Dead student')
    const badge = page.find<HTMLAnchorElement>('.results .health-badge')
    expect(badge.getAttribute('aria-label')).toBe('Dead student')
    expect(document.getElementById(badge.getAttribute('aria-describedby') ?? '')?.textContent).toBe(dead.reason)
    expect(badge.getAttribute('href')).toContain('/runs/fake-1/charts?stage=student-1&step=40')
  })
})

describe('results of a run', () => {
  it('show every rate with its interval', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1')
    await settle(100)
    const rates = [...document.querySelectorAll('.results .rate')].map((cell) => cell.textContent ?? '')
    expect(rates.length).toBeGreaterThanOrEqual(12)
    for (const rate of rates) expect(rate).toMatch(/^([−+\d.]* ?)?[\d.]+ % ?\[[\d.]+, [\d.]+\]$/)
  })
})

describe('differences in the results', () => {
  async function withAsr(undefended: number, defended: number, health: HealthFinding[] = []): Promise<string[]> {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1')
    await settle(100)
    const run = await page.engine.call('runs.get', { runId: 'fake-1' })
    const stages = run.stages.map((stage) => {
      if (stage.kind !== 'student' || !stage.evaluation) return stage
      const own = stage.defense === 'none'
      const evaluation = { ...stage.evaluation, accuracy: 0.8, asr: own ? undefended : defended }
      return { ...stage, evaluation, ...(own && health.length > 0 ? { health } : {}) }
    })
    page.engine.emit('run.changed', { run: { ...run, stages } })
    await settle(100)
    return [...document.querySelectorAll('.results .change')].map((entry) => entry.className)
  }

  it('are coloured where the intervals part, and not where they overlap', async () => {
    const [accuracy, asr] = await withAsr(0.9, 0.1)
    expect(asr).toContain('good')
    // The same accuracy is neither better nor worse.
    expect(accuracy).toContain('muted')
  })
  it('of three points on 900 images say nothing', async () => {
    const [, asr] = await withAsr(0.5, 0.53)
    expect(asr).toContain('muted')
  })
  it('are not taken against a student that has learnt nothing', async () => {
    expect(await withAsr(0.01, 0.2, [dead])).toEqual([])
    expect(page.find('.results').textContent).toContain('has learnt nothing')
    expect([...document.querySelectorAll('.results thead th')].map((head) => head.textContent)).not.toContain('DER')
  })
})

it('a finding about images leads to their step', async () => {
  page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1')
  await settle(100)
  const { steps } = await page.engine.call('runs.imageSteps', { runId: 'fake-1', stageId: 'student-1' })
  const step = steps[1]!
  const run = await page.engine.call('runs.get', { runId: 'fake-1' })
  const finding: HealthFinding = { ...dead, kind: 'collapsedGenerator', severity: 'warning', place: 'images', step }
  const stages = run.stages.map((stage) => (stage.id === 'student-1' ? { ...stage, health: [finding] } : stage))
  page.engine.emit('run.changed', { run: { ...run, stages } })
  await settle(100)
  page.find('.results .health-badge').click()
  await settle(200)
  const viewer = page.find('.viewer.large')
  expect(viewer.querySelector('.p-togglebutton-checked')?.textContent).toContain('No defense')
  expect(viewer.textContent).toContain(`2 / ${steps.length} kept`)
})

it('a finding about curves leads to its stage, and its step is marked there', async () => {
  page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1/charts?stage=teacher&step=40')
  await settle(100)
  const subject = (): string => page.find('.tools .p-togglebutton-checked').textContent ?? ''
  expect(subject()).toContain('Teacher')
  await page.go('/runs/fake-1/charts?stage=student-1&step=40')
  const run = await page.engine.call('runs.get', { runId: 'fake-1' })
  const stages = run.stages.map((stage) => (stage.id === 'student-1' ? { ...stage, health: [dead] } : stage))
  page.engine.emit('run.changed', { run: { ...run, stages } })
  await settle(100)
  expect(subject()).toContain('Students')
  page.find('[aria-label="Export: Accuracy and ASR"]').click()
  await settle(100)
  const items = [...document.querySelectorAll<HTMLElement>('[role=menu] .p-menu-item-content')]
  items.find(({ textContent }) => textContent?.includes('LaTeX'))!.click()
  await settle(400)
  expect(page.saved[0]!.text).toContain('Dead student')
})
