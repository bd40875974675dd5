/** What the application asks or tells in a box of its own. */
import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron'
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

/** Whether an address that the interface does not link to is handed to the browser. */
export async function askToOpen(window: BrowserWindow | null, address: string): Promise<boolean> {
  if (!dialogsAllowed()) return false
  const options = {
    type: 'question' as const,
    buttons: ['Open in the browser', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
    title,
    message: `Open ${new URL(address).host} in the browser?`,
    detail: address.slice(0, 500),
  }
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options))
  return response === 0
}

/** A folder, new or there already, or null. */
export async function chooseWorkspace(window: BrowserWindow | null): Promise<string | null> {
  if (!dialogsAllowed()) return null
  const options: OpenDialogOptions = {
    title: 'Open a workspace: the folder of its runs, or an empty one',
    properties: ['openDirectory', 'createDirectory'],
  }
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options))
  return canceled ? null : (filePaths[0] ?? null)
}

/** Resolves when the box is closed. */
export async function showFailure(message: string, detail: string): Promise<void> {
  process.stderr.write(`${message}\n${detail}\n`)
  if (dialogsAllowed()) await dialog.showMessageBox({ type: 'error', title, message, detail, buttons: ['Close'] })
}
