import type { WebContents } from 'electron'
import { describeError } from '../../shared/errors'
import { pageUrl } from './pageAnswers'

/** Shows our page. A window that is closed, or led back here again, gives up a load: that is said, and nothing more. */
export function loadPage(contents: Pick<WebContents, 'loadURL'>): void {
  contents
    .loadURL(pageUrl)
    .catch((error: unknown) => process.stderr.write(`The page was not loaded: ${describeError(error)}\n`))
}
