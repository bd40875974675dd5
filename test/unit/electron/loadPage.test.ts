import { afterEach, expect, it, vi } from 'vitest'
import { loadPage } from '../../../src/main/electron/loadPage'

afterEach(() => vi.restoreAllMocks())

it('says of a load that is given up what it was, and leaves no rejection to nobody', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  loadPage({ loadURL: () => Promise.reject(new Error('ERR_ABORTED (-3) loading')) })
  await new Promise((resolve) => setTimeout(resolve, 5))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
  expect(told.mock.calls.map(([text]) => String(text)).join('')).toContain('The page was not loaded: ERR_ABORTED')
})
