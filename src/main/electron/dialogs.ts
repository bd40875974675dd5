/** What the application asks or tells in a box of its own. */
import { dialog, type BrowserWindow } from 'electron'
import type { RunSummary } from '../../shared/domain'

const title = 'ABD Workbench'
/** Where nobody sits in front of the screen, a box would wait for ever. */
const dialogsAllowed = (): boolean => process.env.ABD_NO_DIALOGS !== '1'

/** Whether a run may be paused and the application quit; without a window, asked on its own. */
export async function askToPause(window: BrowserWindow | null, run: RunSummary): Promise<boolean> {
  if (!dialogsAllowed()) return true
  const options = {
    type: 'question' as const,
    buttons: ['Pause and quit', 'Cancel'],
    defaultId: 0,
    cancelId: 1,
    title,
    message: `"${run.name}" ${run.state === 'queued' ? 'waits for its turn' : 'is still training'}.`,
    detail: 'Quitting pauses it with a checkpoint; it can be resumed later from there.',
  }
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options))
  return response === 0
}

/** Resolves when the box is closed. */
export async function showFailure(message: string, detail: string): Promise<void> {
  process.stderr.write(`${message}\n${detail}\n`)
  if (dialogsAllowed()) await dialog.showMessageBox({ type: 'error', title, message, detail, buttons: ['Close'] })
}
