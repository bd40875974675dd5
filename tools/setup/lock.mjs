/** One set-up at a time per cache; a second one waits. A lock left by a killed process is taken over. */
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { say } from './report.mjs'

function isAlive(processId) {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function holderOf(file) {
  try {
    return Number(fs.readFileSync(file, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

/** Tries once; returns a release function, or the process id of the holder. */
function tryLock(file) {
  const own = `${file}.${process.pid}`
  fs.writeFileSync(own, String(process.pid))
  try {
    // A hard link either appears whole, with its content, or not at all: no reader ever meets an empty lock.
    fs.linkSync(own, file)
    return { release: () => fs.rmSync(file, { force: true }) }
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return { holder: holderOf(file) }
  } finally {
    fs.rmSync(own, { force: true })
  }
}

/** Waits for the lock and returns its release function. */
export async function acquireLock(file, { pollMilliseconds = 300, activity = 'set-up' } = {}) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  let told = false
  for (;;) {
    const attempt = tryLock(file)
    if (attempt.release) return attempt.release
    if (attempt.holder === undefined || !isAlive(attempt.holder)) {
      // Only remove what was read: by now another waiting process may already have taken over.
      if (holderOf(file) === attempt.holder) fs.rmSync(file, { force: true })
      continue
    }
    if (!told) say(`Another ${activity} (process ${attempt.holder}) is running; waiting for it …`)
    told = true
    await delay(pollMilliseconds)
  }
}
