import { afterEach, expect, it, vi } from 'vitest'
import { createLateMirrors } from '../../../../src/main/engine/control/runs/lateMirrors'

afterEach(() => {
  vi.useRealTimers()
})

it('a copy that could not be written is tried again, also where even the database cannot be read then', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const refused = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' })
  const mirror = vi.fn().mockRejectedValueOnce(refused).mockResolvedValue(undefined)
  const behindMirrors = vi.fn().mockImplementationOnce(() => {
    throw refused
  })
  behindMirrors.mockReturnValue(['a'])
  const error = vi.fn()
  const runs = { has: () => true } as never
  const mirrors = createLateMirrors({ runs, mirror, behindMirrors }, { log: { error } })
  mirrors.follow(['a'])
  const called = (times: number): Promise<void> => vi.waitUntil(() => error.mock.calls.length >= times).then()
  await called(1)
  await vi.advanceTimersByTimeAsync(30_000)
  await called(2)
  await vi.advanceTimersByTimeAsync(30_000)
  await mirrors.close()
  expect(mirror.mock.calls).toEqual([['a'], ['a']])
})
