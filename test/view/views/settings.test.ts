import { afterEach, describe, expect, it } from 'vitest'
import { UserError } from '@shared/errors'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

it('saves a number only when it is one in range', async () => {
  page = await mountWorkbench({}, '/settings')
  await settle(100)
  const input = page.find<HTMLInputElement>('#setting-keptSteps')
  type(input, '0')
  await settle()
  expect((await page.engine.call('engine.settings', {})).keptSteps).toBe(200)
  type(input, '50')
  await settle()
  expect((await page.engine.call('engine.settings', {})).keptSteps).toBe(50)
})

it('switches to dark', async () => {
  page = await mountWorkbench({}, '/settings')
  await settle(100)
  page.button('Dark').click()
  await settle()
  expect(document.documentElement.classList.contains('dark')).toBe(true)
  page.button('Light').click()
  await settle()
  expect(document.documentElement.classList.contains('dark')).toBe(false)
})

it('copies diagnostics', async () => {
  page = await mountWorkbench({}, '/settings/about')
  await settle(100)
  page.button('Copy diagnostics').click()
  await settle()
  expect(page.copied[0]).toContain('ABD Workbench')
})

it('shows what lies in the bin, brings runs back, and asks before it is emptied', async () => {
  page = await mountWorkbench({ finishedRuns: 3 }, '/settings')
  const runs = await page.engine.call('runs.list', {})
  await page.engine.call('runs.delete', { runIds: [runs[0]!.id, runs[1]!.id] })
  await page.go('/')
  await page.go('/settings/workspace')
  await settle(400)
  const listed = (): string[] =>
    [...document.querySelectorAll('[aria-label="Deleted runs"] li')].map((row) => row.textContent ?? '')
  expect(listed()).toHaveLength(2)
  page.button(`Bring back ${runs[0]!.name}`).click()
  await settle(400)
  expect(listed()).toHaveLength(1)
  page.button('Empty the bin').click()
  await settle()
  expect(page.engine.calls).not.toContain('runs.emptyBin')
  expect(page.find('section[aria-labelledby=bin-title] [role=alert]').textContent).toContain('1 run')
  page.button('Keep').click()
  await settle()
  page.button('Empty the bin').click()
  await settle()
  page.button('Delete for good').click()
  await settle(400)
  expect(listed()).toEqual([])
  expect((await page.engine.call('runs.list', { includeDeleted: true })).map(({ id }) => id)).toEqual([
    runs[0]!.id,
    runs[2]!.id,
  ])
})

it('looks at another workspace, brings its runs here, and says what stays there and why', async () => {
  page = await mountWorkbench({ finishedRuns: 1 }, '/settings/workspace')
  await settle(400)
  const panel = (): string => page.find('section[aria-labelledby=gather-title]').textContent ?? ''
  expect(page.button('Look').disabled).toBe(true)
  type(page.find<HTMLInputElement>('#gather-folder'), '/mnt/cluster')
  await settle()
  page.button('Look').click()
  await settle(100)
  expect(panel()).toContain('2 runs can come')
  expect(panel()).toContain('1 is here already.')
  expect(panel()).toContain('It is running there: end it first.')
  page.button('Bring 2 runs here').click()
  await settle(200)
  expect(page.engine.calls.filter((name) => name === 'runs.gather')).toHaveLength(2)
  expect(panel()).toContain('Nothing that could come')
  expect(page.button('Bring runs here').disabled).toBe(true)
})

it('tells on any page that a run is done, with its result, but not on its own', async () => {
  page = await mountWorkbench({}, '/settings')
  const config = {
    name: 'Short',
    teacher: { training: { epochs: 1 } },
    students: [{ defenses: [] }],
    distillation: { method: { id: 'zskt', params: { pseudoBatches: 4 } } },
  }
  await page.engine.call('runs.start', { config })
  page.engine.advance(1000)
  await settle()
  expect(page.find('.notices').textContent).toMatch(
    /“Short” is done\..*Accuracy \/ ASR: No defense \d+\.\d % \/ \d+\.\d %/,
  )
  await page.engine.call('runs.start', { config: { ...config, name: 'Watched' } })
  const [newest] = await page.engine.call('runs.list', {})
  await page.go(`/runs/${newest!.id}`)
  page.engine.advance(1000)
  await settle()
  expect(page.find('.notices').textContent).not.toContain('Watched')
})

describe('executors', () => {
  const slurm = (): HTMLElement => page.find('section[aria-label="Slurm cluster"]')
  const button = (label: string): HTMLButtonElement =>
    [...slurm().querySelectorAll('button')].find(({ textContent }) => textContent?.includes(label))!

  it('are set in forms of their declarations; the script follows, and what is wrong is not saved', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/settings/executors')
    await settle(60)
    expect(page.text()).toContain('This machine')
    type(slurm().querySelector<HTMLInputElement>('[data-path="slurm.partition"] input')!, 'gpu')
    button('Show the batch script').click()
    await settle(800)
    expect(slurm().querySelector('pre')!.textContent).toContain('--partition=gpu')
    expect((await page.engine.call('executors.settings', { executor: 'slurm' })).settings).toMatchObject({
      partition: 'gpu',
    })
  })

  it('are checked, and say what each answer means', async () => {
    page = await mountWorkbench({ finishedRuns: 1 }, '/settings/executors')
    await settle(60)
    button('Check').click()
    await settle()
    expect(slurm().textContent).toContain('slurm-wlm 22.05.8')
    expect(slurm().textContent).toContain('A node computes on')
  })

  it('say why they could not be read', async () => {
    page = await mountWorkbench(
      { finishedRuns: 1, failures: { 'executors.list': new UserError('The settings are damaged.') } },
      '/settings/executors',
    )
    await settle(60)
    expect(page.text()).toContain('The executors could not be read.')
  })
})

it('tells a page which folders it may use, and its owner how to change them', async () => {
  page = await mountWorkbench({ folders: ['/fake/workspace', '/data/cifar'] }, '/settings/workspace')
  await settle(200)
  const panel = (): string => page.find('section[aria-labelledby=page-files-title]').textContent ?? ''
  expect(panel()).toContain('What this page may do')
  expect(panel()).toContain('/data/cifar')
  expect(panel()).toContain('files --allow FOLDER')
  expect(panel()).not.toContain('Remove')
  page.find<HTMLButtonElement>('section[aria-labelledby=page-files-title] button').click()
  await settle()
  expect(page.copied).toEqual(['npm run abd -- files --allow FOLDER'])
  expect(page.find('.notices').textContent).toContain('The command is on the clipboard.')
})

it('the owner’s window allows a folder no longer', async () => {
  page = await mountWorkbench({ settings: { pageFolders: '/data/a\n/data/b' } }, '/settings/workspace')
  await settle(200)
  page.button('Allow /data/a no longer').click()
  await settle()
  expect((await page.engine.call('engine.settings', {})).pageFolders).toBe('/data/b')
})
