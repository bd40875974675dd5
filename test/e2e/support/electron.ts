/** Electron under Playwright. */
import { _electron, errors, type ElectronApplication } from 'playwright-core'

/** Milliseconds that a start may take; twenty-five times what it usually takes. */
const launchTime = 15_000
const starts = 4

/**
 * Playwright and Electron now and then wait for each other at the start, the application idle: then it is started anew,
 * and that is said.
 */
export async function launched(options: Parameters<typeof _electron.launch>[0]): Promise<ElectronApplication> {
  for (let start = 1; ; start++) {
    try {
      return await _electron.launch({ ...options, timeout: launchTime })
    } catch (error) {
      if (!(error instanceof errors.TimeoutError) || start === starts) throw error
      console.warn(`The window did not answer within ${launchTime / 1000} s and was started anew.`)
    }
  }
}
