import { afterEach, expect, it } from 'vitest'
import type { ReadOnlyReason } from '@shared/contract'
import { UserError } from '@shared/errors'
import { mountWorkbench, type MountedWorkbench } from '../mountWorkbench'

let bench: MountedWorkbench
afterEach(() => bench.unmount())

const owned: ReadOnlyReason = {
  kind: 'owned',
  cause: {
    name: 'UserError',
    message: 'Another engine has this workspace and does not answer.',
    forUser: true,
    got: 'the engine on login-2, process 4711, since 2026-01-02 03:04 UTC',
    where: '/data/workspace/engine.lock',
    action: 'See whether it still runs on login-2.',
  },
}

it('says by whom, since when and in which file a workspace is held, and takes it over when asked twice', async () => {
  bench = await mountWorkbench({ readOnlyReason: owned })
  for (const part of ['login-2', 'process 4711', '2026-01-02', '/data/workspace/engine.lock', 'See whether it still'])
    expect(bench.text()).toContain(part)
  bench.button('Take over…').click()
  await bench.settle()
  bench.button('Leave it').click()
  await bench.settle()
  expect(bench.text()).toContain('Open for reading only.')
  bench.button('Take over…').click()
  await bench.settle()
  bench.button('Take over').click()
  await bench.settle()
  expect(bench.text()).not.toContain('Open for reading only.')
})

it('of a full disk offers to try again, and says why that did not help', async () => {
  bench = await mountWorkbench({
    readOnlyReason: {
      kind: 'full',
      cause: {
        name: 'UserError',
        message: 'The disk of this workspace is full.',
        forUser: true,
        action: 'Free some space on that disk and try again.',
      },
    },
    failures: { 'engine.openForWriting': new UserError('The disk of this workspace is full.') },
  })
  bench.button('Try again').click()
  await bench.settle()
  expect(bench.text()).toContain('Tried again: The disk of this workspace is full.')
})
