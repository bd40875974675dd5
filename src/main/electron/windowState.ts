/** Where the window was and how large, over starts. */
import { readFileSync, writeFileSync } from 'node:fs'
import { screen, type BrowserWindow, type Rectangle } from 'electron'

interface State {
  bounds: Partial<Rectangle>
  maximized: boolean
}

const smallest = { width: 900, height: 600 }
const usual = { width: 1360, height: 880 }

export function readWindowState(file: string): State {
  try {
    const { bounds, maximized } = JSON.parse(readFileSync(file, 'utf8')) as Partial<State>
    return isReachable(bounds)
      ? { bounds: { ...usual, ...bounds }, maximized: maximized === true }
      : { bounds: { ...usual }, maximized: maximized === true }
  } catch {
    return { bounds: { ...usual }, maximized: false }
  }
}

/** A screen may be gone since the last time. */
function isReachable(bounds: Partial<Rectangle> | undefined): bounds is Rectangle {
  if (!bounds || [bounds.x, bounds.y, bounds.width, bounds.height].some((value) => typeof value !== 'number'))
    return false
  const { x = 0, y = 0, width = 0 } = bounds
  return screen
    .getAllDisplays()
    .some(
      ({ workArea }) =>
        x + width > workArea.x + 80 &&
        x < workArea.x + workArea.width - 80 &&
        y >= workArea.y - 20 &&
        y < workArea.y + workArea.height - 80,
    )
}

/** Writes the state as it changes; the returned function writes it now (an exit closes no windows). */
export function rememberWindowState(window: BrowserWindow, file: string): () => void {
  let timer: NodeJS.Timeout | undefined
  const write = (): void => {
    if (window.isDestroyed() || window.isMinimized()) return
    try {
      writeFileSync(file, JSON.stringify({ bounds: window.getNormalBounds(), maximized: window.isMaximized() }))
    } catch {
      // A convenience: without it the window opens in its usual place.
    }
  }
  const later = (): void => {
    clearTimeout(timer)
    timer = setTimeout(write, 500)
  }
  window.on('resize', later)
  window.on('move', later)
  window.on('close', write)
  return write
}

export const smallestWindow = smallest
