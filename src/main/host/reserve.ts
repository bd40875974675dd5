/** Room that the engine holds back on the workspace's disk: enough to start on a full one and to empty the bin. */
import { randomFillSync } from 'node:crypto'
import { rmSync, statSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const reserveBytes = 1 << 20
/** Less than so much is left for others. */
const leftBytes = 16 << 20

const reserveFile = (workspace: string): string => join(workspace, 'engine.reserve')

/** Sets it aside where there is none and the disk has space. */
export function keepReserve(workspace: string): void {
  try {
    const file = reserveFile(workspace)
    if (statSync(file, { throwIfNoEntry: false })?.size === reserveBytes) return
    const { bavail, bsize } = statfsSync(workspace)
    if (bavail * bsize < reserveBytes + leftBytes) return
    // Not zeros: a disk that compresses would keep no room for them.
    writeFileSync(file, randomFillSync(Buffer.alloc(reserveBytes)), { mode: 0o600 })
  } catch {
    // A disk that fills up just now: tried again at the next start.
  }
}

/** Gives it back; false where there was none. */
export function useReserve(workspace: string): boolean {
  try {
    rmSync(reserveFile(workspace))
    return true
  } catch {
    return false
  }
}
