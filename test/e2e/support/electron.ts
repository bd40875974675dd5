/** Electron under Playwright. */
import { _electron, errors, type ElectronApplication } from 'playwright-core'

/** Milliseconds that a start may take; a hundred times what it usually takes. */
const launchTime = 60_000

/**
 * Playwright and Electron now and then wait for each other at the start, the application idle: then it is started anew,
 * once, and that is said.
 */
export async function launched(options: Parameters<typeof _electron.launch>[0]): Promise<ElectronApplication> {
  const launch = (): Promise<ElectronApplication> => _electron.launch({ ...options, timeout: launchTime })
  return launch().catch((error: unknown) => {
    if (!(error instanceof errors.TimeoutError)) throw error
    console.warn(`The window did not answer within ${launchTime / 1000} s and was started anew.`)
    return launch()
  })
}
