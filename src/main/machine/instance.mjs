// @ts-check
/**
 * Which running machine this is, and which process: for locks and temporary files that outlive whoever made them. A
 * process id alone says little (it is given out again), a host's name too (it changes, and containers have others).
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'

/**
 * A process, as others find it written down.
 * @typedef {object} Process
 * @property {string} machine the host's name
 * @property {string | null} [machineId] of its installation; null where it has none
 * @property {string | null} [boot] of this start of the machine, and of its container; null where there is no /proc
 * @property {number} pid
 * @property {string | null} [processStart] in the kernel's ticks since the start of the machine
 */

/** @param {string} file */
function textOf(file) {
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/** @param {string} file */
function linkOf(file) {
  try {
    return fs.readlinkSync(file)
  } catch {
    return ''
  }
}

/** Short, and tells nothing of what it was made from. @param {string[]} parts */
const print = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12)

/** @param {number} pid */
function statusOf(pid) {
  const text = textOf(`/proc/${pid}/stat`)
  // The name, in parentheses, may hold anything; after it come the fields from the third on.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, start] = [fields[0], fields[19]]
  return state === undefined || start === undefined ? null : { state, start }
}

/** When a process began, as the kernel counts; null where there is none, or no /proc. @param {number} pid */
export const processStart = (pid) => statusOf(pid)?.start ?? null

function machineId() {
  const id = textOf('/etc/machine-id') || textOf('/var/lib/dbus/machine-id')
  return id === '' ? null : print('abd machine', id)
}

/** Processes see each other within one start of a machine and one container. */
function boot() {
  const id = textOf('/proc/sys/kernel/random/boot_id')
  const space = linkOf('/proc/self/ns/pid')
  return id === '' || space === '' ? null : print('abd boot', id, space)
}

/** This process, to be written down. @returns {Required<Process>} */
export const ownProcess = () => ({
  machine: os.hostname(),
  machineId: machineId(),
  boot: boot(),
  pid: process.pid,
  processStart: processStart(process.pid),
})

/** How long this machine (or this container) has been running, in milliseconds; no clock decides it. */
export function runningFor() {
  const uptime = os.uptime()
  const first = Number(processStart(1))
  return Math.max(0, uptime - (Number.isFinite(first) ? first / 100 : 0)) * 1000
}

/** @param {number} pid */
function isThere(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether a process of this start of this machine lives. @param {Process} one */
function lives({ pid, processStart: start }) {
  if (!isThere(pid)) return false
  const status = statusOf(pid)
  if (status === null) return true
  if (status.state === 'Z' || status.state === 'X') return false
  return !start || status.start === start
}

/** Two signs of life are at most so far apart, in milliseconds. */
const slack = 120_000

/**
 * Whether a process that was written down still runs. `unknown`: on another machine, or nobody can tell.
 * @param {Process} one
 * @param {number | null} [silentFor] milliseconds since its last sign of life, where it gives some
 * @param {Required<Process> & { runningFor: number }} [here]
 * @returns {'alive' | 'gone' | 'unknown'}
 */
export function stateOf(one, silentFor = null, here = { ...ownProcess(), runningFor: runningFor() }) {
  const sameName = one.machine === here.machine
  if (one.boot && here.boot ? one.boot === here.boot : sameName) return lives(one) ? 'alive' : 'gone'
  const sameId = Boolean(one.machineId) && one.machineId === here.machineId
  // Another start of this machine. Where somebody gave a sign of life since ours began, it is another machine after all.
  if (sameName && (sameId || !one.machineId || !here.machineId))
    return silentFor !== null && silentFor >= 0 && silentFor < here.runningFor ? 'unknown' : 'gone'
  // Renamed and started again, or a container of the same image: only a long silence tells them apart.
  if (sameName || sameId) return silentFor !== null && silentFor > here.runningFor + slack ? 'gone' : 'unknown'
  return 'unknown'
}
