import { afterEach, describe, expect, it } from 'vitest'
import { whereWords } from '@renderer/format/stageWhere'
import { mountWorkbench, settle, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

describe('the stages of a run', () => {
  it('say where they come from and where they run', async () => {
    page = await mountWorkbench({ finishedRuns: 2 }, '/runs/fake-2')
    const [run] = (await page.engine.call('runs.list', {})).filter(({ id }) => id === 'fake-2')
    const stages = run!.stages.map((stage) =>
      stage.kind === 'teacher'
        ? { ...stage, seconds: 720, origin: { runId: 'fake-1', runName: 'Example 1' } }
        : stage.kind === 'student'
          ? { ...stage, where: { state: 'waiting' as const, reason: 'Priority', job: '17_3' } }
          : stage,
    )
    page.engine.emit('run.changed', { run: { ...run!, stages } })
    await settle()
    const timeline = page.find('.timeline').textContent ?? ''
    expect(timeline).toContain('trained in Example 1, 12 min 00 s saved')
    expect(timeline).toContain('waits: Priority, job 17_3')
    expect(page.find('.timeline a').getAttribute('href')).toBe('#/runs/fake-1')
  })

  it('name the study of a cell', async () => {
    page = await mountWorkbench({}, '/studies')
    const [preset] = await page.engine.call('studies.presets', {})
    const study = await page.engine.call('studies.start', { definition: preset!.definition })
    const { list } = await page.engine.call('studies.get', { studyId: study.id })
    await page.go(`/runs/${list[0]!.runId}`)
    expect(page.find('.run-header').textContent).toContain('cell of Two triggers')
  })

  it('are trained again when that was confirmed', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/runs/fake-1')
    page.button('Train again: Teacher').click()
    await settle()
    expect(page.text()).toContain('Other runs keep what they have.')
    expect(page.engine.calls).not.toContain('runs.trainAgain')
    page.button('Train again').click()
    await settle()
    expect(page.engine.calls).toContain('runs.trainAgain')
  })

  it.each([
    [{ state: 'waiting' as const }, 'waits'],
    [{ state: 'waiting' as const, reason: 'Resources' }, 'waits: Resources'],
    [{ state: 'running' as const, node: 'n2', job: '17_3', gpu: '0' }, 'on n2, job 17_3, GPU 0'],
    [{ state: 'running' as const }, 'on this machine'],
  ])('say %j as “%s”', (where, words) => expect(whereWords(where)).toBe(words))
})
