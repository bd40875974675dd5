/**
 * One set-up at a time per cache; a second one waits. A lock left by a killed process is taken over, also when its
 * process id has been given to another.
 */
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryBeside } from '../machine/temporaries.mjs'
import { say } from './report.mjs'

/** Locks that this process holds now: its own process id in any other file is one of an earlier process. */
const held = new Set()

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/**
 * Clock ticks from the start of the machine to that of the process (field 22 of its stat); '' where there is no /proc.
 */
function startOf(processId) {
  const stat = readText(`/proc/${processId}/stat`)
  // The second field is the program's name in brackets and may hold blanks and brackets itself.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

const bootId = () => readText('/proc/sys/kernel/random/boot_id')

const ownRecord = () => JSON.stringify({ pid: process.pid, start: startOf(process.pid), boot: bootId() })

/** What a lock says; older ones held only the process id. */
function parseHolder(text) {
  try {
    const record = JSON.parse(text)
    return typeof record === 'number' ? { pid: record } : record
  } catch {
    return { pid: 0 }
  }
}

function isAlive(processId) {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function isStale(file, { pid, start, boot }) {
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return true
  if (pid === process.pid) return !held.has(file)
  if (boot && bootId() && boot !== bootId()) return true
  return Boolean(start) && startOf(pid) !== '' && startOf(pid) !== start
}

/** Tries once: true, or the text of the lock that is in the way. */
function tryLock(file) {
  const own = temporaryBeside(file)
  fs.writeFileSync(own, ownRecord())
  try {
    // A hard link either appears whole, with its content, or not at all: no reader ever meets an empty lock.
    fs.linkSync(own, file)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return readText(file)
  } finally {
    fs.rmSync(own, { force: true })
  }
}

/**
 * Removes a stale lock. Only who holds the claim may, and looks again under it: nobody removes a lock that another has
 * just taken.
 */
function removeStale(file, text) {
  const claim = `${file}.claim`
  const other = tryLock(claim)
  if (other !== true) {
    if (isStale(claim, parseHolder(other))) fs.rmSync(claim, { force: true })
    return
  }
  try {
    if (readText(file) === text) fs.rmSync(file, { force: true })
  } finally {
    fs.rmSync(claim, { force: true })
  }
}

/** The release function; a signal that ends the process releases too. */
function hold(file) {
  held.add(file)
  const endings = ['SIGINT', 'SIGTERM'].map((signal) => [
    signal,
    () => {
      release()
      // Nobody else answers to it: it ends the process as it would have without this listener.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    },
  ])
  const release = () => {
    for (const [signal, listener] of endings) process.off(signal, listener)
    if (held.delete(file)) fs.rmSync(file, { force: true })
  }
  for (const [signal, listener] of endings) process.on(signal, listener)
  return release
}

/**
 * Waits for the lock and resolves to its release function.
 * @param {string} file
 * @param {{ pollMilliseconds?: number, activity?: string, tell?: (text: string) => void, signal?: AbortSignal }} [options]
 */
export async function acquireLock(file, { pollMilliseconds = 300, activity = 'set-up', tell = say, signal } = {}) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  let told = false
  for (;;) {
    const other = tryLock(file)
    if (other === true) return hold(file)
    // Released between the try and the reading.
    if (other === '' && !fs.existsSync(file)) continue
    const holder = parseHolder(other)
    if (isStale(file, holder)) {
      removeStale(file, other)
      continue
    }
    if (!told) tell(`Another ${activity} (process ${holder.pid}) is running; waiting for it …`)
    told = true
    await delay(pollMilliseconds, undefined, { signal })
  }
}
