import { afterEach, describe, expect, it } from 'vitest'
import { UserError } from '@shared/errors'
import { useDraftStore } from '@renderer/stores/draft'
import type { FakeEngineOptions } from '../../fakes/engine'
import { mountWorkbench, settle, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})
const open = async (options: FakeEngineOptions = {}): Promise<void> => {
  page = await mountWorkbench(options, '/new')
  await settle(600)
}
const choose = async (path: string): Promise<void> => {
  useDraftStore().set('data', { id: 'cifar10', params: { path } })
  await settle(700)
}
const contents = (): HTMLElement => page.find('#section-data .contents')
const rows = (): HTMLElement[] => [...contents().querySelectorAll<HTMLElement>('tbody tr')]
const asked = (): number => page.engine.calls.filter((name) => name === 'dataset.info').length
const shows = (element: HTMLElement | undefined): string => element?.textContent?.replace(/\s+/g, ' ').trim() ?? ''
const cells = (row: HTMLElement | undefined): string =>
  [...(row?.children ?? [])]
    .map((cell) => shows(cell as HTMLElement))
    .filter(Boolean)
    .join(' ')
const offersDownload = (): boolean => contents().querySelector<HTMLElement>('.download')?.style.display === ''
/** A promise to be fulfilled from outside. */
const hold = () => {
  let release = (): void => undefined
  const held = new Promise<void>((done) => {
    release = done
  })
  return { held, release: () => release() }
}

describe('What a data set contains', () => {
  it('shows sizes, counts of every class and its pictures, and marks the target class', async () => {
    await open()
    expect(shows(page.find('.contents dl'))).toMatch(
      /Training images ?5.000 500 of each class ?Test images ?1.000 100 of each class ?Image size ?32 × 32 px RGB ?Classes ?10 numbered 0 to 9/,
    )
    expect(rows()).toHaveLength(10)
    expect(cells(rows()[1])).toBe('1 yield 500 100')
    expect(rows()[1]!.querySelectorAll('canvas[aria-label="Training image of class yield"]')).toHaveLength(8)
    const marked = (): string[] =>
      rows()
        .filter((row) => row.classList.contains('target'))
        .map(cells)
    expect(marked()).toEqual(['0 stop target 500 100'])
    useDraftStore().set('poisoning.target', 3)
    await settle()
    expect(marked()).toEqual(['3 priority target 500 100'])
    expect(contents().querySelector('button')).toBeNull()
  })

  it('asks again only when something of the data set changes', async () => {
    await open()
    const before = asked()
    type(page.find<HTMLInputElement>('[data-path="attack.params.strength"] input'), '0.4')
    await settle(600)
    expect(asked()).toBe(before)
    type(page.find<HTMLInputElement>('[data-path="data.params.seed"] input'), '7')
    await settle(600)
    expect(asked()).toBe(before + 1)
  })

  it('says what is missing, leads to its field, and offers the download; nothing is asked meanwhile', async () => {
    await open()
    const before = asked()
    await choose('')
    expect(shows(contents())).toContain('name them in Folder or archive, or download them.')
    expect(shows(contents())).toContain('compared with the published MD5 sum.')
    expect([asked(), rows().length, offersDownload()]).toEqual([before, 0, true])
    page.button('Folder or archive').click()
    await settle()
    expect(document.activeElement).toBe(page.find('[data-path="data.params.path"] input'))
    page.button('Download CIFAR-10').click()
    await settle(700)
    expect(page.text()).toContain('CIFAR-10 is there. The file has the published MD5 sum.')
    expect([rows().length, offersDownload()]).toEqual([10, false])
  })

  it('passes on why it cannot be read, offers the download, and reads again', async () => {
    const failures: FakeEngineOptions['failures'] = {}
    await open({ failures })
    failures['dataset.info'] = new UserError('CIFAR-10 lacks files.', {
      wanted: 'data_batch_1.bin',
      got: 'an empty folder',
      where: '/data',
      action: 'Name the folder.',
    })
    await choose('/data')
    const panel = shows(page.find('.contents .error-panel'))
    for (const part of ['CIFAR-10 lacks files.', 'data_batch_1.bin', 'an empty folder', '/data', 'Name the folder.'])
      expect(panel).toContain(part)
    expect([rows().length, offersDownload()]).toEqual([0, true])
    delete failures['dataset.info']
    page.button('Try again').click()
    await settle(100)
    expect([rows().length, offersDownload()]).toEqual([10, false])
  })

  it('tells how far its own data set is while it is read', async () => {
    const { held, release } = hold()
    await open({ held: { 'dataset.info': held } })
    expect(shows(contents())).toContain('Looking at Signs…')
    expect(contents().querySelector('[role=progressbar]')).toBeNull()
    page.engine.emit('dataset.loading', { dataset: 'cifar10', fraction: 0.9, message: 'Reading another' })
    page.engine.emit('dataset.loading', { dataset: 'signs', fraction: 0.4, message: 'Drawing signs' })
    await settle()
    expect(shows(contents())).toContain('Drawing signs…')
    expect(page.find('.contents [role=progressbar]').getAttribute('aria-valuenow')).toBe('40')
    release()
    await settle(100)
    expect(rows()).toHaveLength(10)
  })

  it('never lets the answer for an earlier choice stand in for the present one', async () => {
    const { held, release } = hold()
    const waiting: FakeEngineOptions['held'] = { 'dataset.info': held }
    await open({ held: waiting })
    delete waiting['dataset.info']
    await choose('/data/hundred')
    release()
    await settle(100)
    expect(shows(rows()[0])).toContain('kind 0')
  })

  it('stays short with a hundred classes, target included, and shows all on request', async () => {
    await open()
    useDraftStore().set('poisoning.target', 42)
    await choose('/data/hundred')
    expect(shows(page.find('.contents dl'))).toMatch(/104 to 500 of a class.*0 to 100 of a class.*100 numbered 0 to 99/)
    expect(shows(page.find('.contents .notes'))).toBe('fine_label_names.txt is absent: classes are numbered.')
    expect(rows().map((row) => row.querySelector('.label')?.textContent)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '42',
    ])
    page.button('Show all 100 classes').click()
    await settle(100)
    expect([rows().length, rows()[99]!.querySelectorAll('canvas').length]).toEqual([100, 5])
    expect(page.find('.contents [role=region]').tabIndex).toBe(0)
    expect(page.button('Show the first 10').getAttribute('aria-expanded')).toBe('true')
    useDraftStore().set('poisoning.target', 100)
    await settle()
    expect(shows(page.find('.contents .warn'))).toBe(
      'No class is the target: it is 100, and the classes are numbered 0 to 99.',
    )
  })

  it('takes it away while the settings of the data set are not valid', async () => {
    await open()
    type(page.find<HTMLInputElement>('[data-path="data.params.seed"] input'), '-5')
    await settle(700)
    expect(shows(contents())).toContain('once the settings of the data set are valid')
    expect(rows()).toHaveLength(0)
  })
})
