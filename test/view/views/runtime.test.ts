import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RuntimeState } from '@shared/domain'
import { UserError, toCauses } from '@shared/errors'
import { fakeRuntimeState, withoutRuntime } from '../../fakes/runtime'
import { mountWorkbench, type, type MountedWorkbench } from '../mountWorkbench'

let page: MountedWorkbench
afterEach(() => {
  page.unmount()
  localStorage.clear()
})

const fetching = (done: number, change: Partial<RuntimeState> = {}): RuntimeState => ({
  ...withoutRuntime,
  task: {
    kind: 'install',
    variant: 'cpu',
    file: null,
    message: null,
    progress: { phase: 'fetching', item: 'tensorflow-cpu', done, total: 274e6, bytesPerSecond: 12e6, secondsLeft: 13 },
  },
  ...change,
})
const tell = async (state: RuntimeState): Promise<void> => {
  page.engine.emit('runtime.changed', state)
  await page.settle()
}
const failed = (kind: NonNullable<RuntimeState['failure']>['kind'], message: string): RuntimeState => ({
  ...withoutRuntime,
  failure: { kind, causes: toCauses(new UserError(message)) },
})

describe('the first start without TensorFlow', () => {
  it('opens on the page that fetches it: builds with size and needs, index, folder', async () => {
    page = await mountWorkbench({ runtime: withoutRuntime })
    expect(location.hash).toBe('#/runtime')
    expect(page.find('h1').textContent).toContain('One thing is missing')
    expect(page.text()).toContain('274 MB to fetch, 853 MB on disk')
    expect(page.text()).toContain('fits this machine')
    expect(page.text()).toContain('NVIDIA driver 525 or newer')
    expect(page.text()).toContain('https://index.example/simple')
    expect(page.text()).toContain('/fake/cache')
  })

  it('shows progress, speed and time left, pauses, goes on, and then begins without a restart', async () => {
    page = await mountWorkbench({ runtime: withoutRuntime })
    page.button('Fetch TensorFlow').click()
    await page.settle()
    await tell(fetching(120e6))
    expect(page.text()).toContain('Fetching tensorflow-cpu: 120 MB of 274 MB, 12.0 MB/s, 13 s left')
    expect(page.find('[role=progressbar]').getAttribute('aria-valuenow')).toBe('44')
    page.button('Pause').click()
    await page.settle()
    expect(page.text()).toContain('It goes on where it stopped')
    const [cpu, gpu] = withoutRuntime.variants
    await tell({ ...withoutRuntime, paused: true, variants: [{ ...cpu!, fetchedBytes: 120e6 }, gpu!] })
    expect(page.text()).toContain('120 MB of 274 MB are here')
    page.button('Go on').click()
    await page.settle()
    await tell(fetching(270e6))
    await tell(fakeRuntimeState)
    expect(location.hash).toBe('#/')
    expect(page.text()).toContain('TensorFlow is ready')
    expect(page.text()).toContain('Run the demonstration')
  })

  it('lets other pages be looked at, and does not come back by itself', async () => {
    page = await mountWorkbench({ runtime: withoutRuntime, finishedRuns: 1 })
    await page.go('/')
    expect(location.hash).toBe('#/')
    expect(page.text()).toContain('Example 1')
  })

  it('leaves a page alone that was asked for', async () => {
    page = await mountWorkbench({ runtime: withoutRuntime }, '/settings')
    expect(location.hash).toBe('#/settings')
  })
})

describe('with TensorFlow here', () => {
  it('says what bfloat16 brings on this machine, as measured', async () => {
    page = await mountWorkbench({}, '/runtime')
    await vi.waitFor(() => expect(page.text()).toContain('Fake processor, 2 threads'), 4000)
    expect(page.text()).toContain('avx512_bf16')
    expect(page.text()).toContain('0.6 of the time of float32 (5.2 ms, 8.7 ms): a 3×3 convolution')
  })
})

describe('what keeps it from coming', () => {
  it('no network: the two commands of a bundle, and the place to name it', async () => {
    page = await mountWorkbench({ runtime: failed('offline', 'index.example could not be reached.') })
    expect(page.find('.error-panel').textContent).toContain('The package index cannot be reached.')
    expect(page.find<HTMLDetailsElement>('details').open).toBe(true)
    expect(page.find('pre').textContent).toBe('abd runtime install\nabd runtime pack abd-runtime.tar.gz')
    page.button('Copy the commands').click()
    expect(page.copied).toEqual(['abd runtime install\nabd runtime pack abd-runtime.tar.gz'])
    expect(page.button('Unpack').disabled).toBe(true)
    type(page.find<HTMLInputElement>('#bundle-file'), ' /usb/abd-runtime.tar.gz ')
    await page.settle()
    page.button('Unpack').click()
    await page.settle()
    expect(page.engine.calls).toContain('runtime.unpack')
    expect(page.button('Pause').disabled).toBe(false)
  })

  it.each([
    ['disk', 'There is not enough room on the disk.'],
    ['hash', 'What came is not the file that is wanted.'],
    ['index', 'The package index does not give the file.'],
    ['other', 'TensorFlow could not be set up.'],
  ] as const)('%s, in a sentence, with the way to try again', async (kind, title) => {
    page = await mountWorkbench({ runtime: failed(kind, 'Its reason.') })
    expect(page.find('.error-panel').textContent).toContain(title)
    expect(page.find('.error-panel').textContent).toContain('Its reason.')
    expect(page.button('Fetch TensorFlow').disabled).toBe(false)
  })

  it('too small a disk is told before anything is fetched', async () => {
    page = await mountWorkbench({ runtime: { ...withoutRuntime, freeBytes: 5e8 } })
    expect(page.text()).toContain('1.1 GB are needed in /fake/cache, 500 MB are free')
    expect(page.button('Fetch TensorFlow').disabled).toBe(true)
  })

  it('an engine that refuses', async () => {
    page = await mountWorkbench({
      runtime: withoutRuntime,
      failures: { 'runtime.install': new UserError('TensorFlow is on its way already.') },
    })
    page.button('Fetch TensorFlow').click()
    await page.settle()
    expect(page.find('.error-panel').textContent).toContain('on its way already')
  })
})

it('shows from the settings what is in use, and offers the other build', async () => {
  page = await mountWorkbench({}, '/settings/device')
  page.find<HTMLAnchorElement>('a[href="#/runtime"]').click()
  await page.settle()
  expect(page.text()).toContain('This build is in use.')
  page.find<HTMLInputElement>('#variant-gpu').click()
  await page.settle()
  expect(page.button('Fetch TensorFlow').disabled).toBe(false)
})
