// @ts-check
/**
 * Names of temporary files and folders, and who may sweep them: one scheme for all that write something whole or not
 * at all. `.<what>.<machine>-<boot>-<pid>-<start>.<random>.tmp` names its owner, so that what a killed process left is
 * told from what another is writing just now, also on a disk that machines share.
 */
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ownProcess, processStart, runningFor } from './instance.mjs'

/** @param {string} text */
const short = (text) => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** @type {{ machine: string, boot: string, process: string } | null} */
let own = null

function ownTag() {
  if (own !== null && own.process.startsWith(`${process.pid}-`)) return own
  const { machine, machineId, boot, pid, processStart: start } = ownProcess()
  own = {
    machine: short(`${machine}\0${machineId ?? ''}`),
    boot: boot === null ? '0'.repeat(8) : short(boot),
    process: `${pid}-${start ?? '0'}`,
  }
  return own
}

/** A name that nobody else has, beside what it will become. @param {string} what */
export function temporaryName(what) {
  const { machine, boot, process } = ownTag()
  return `.${what.slice(0, 100)}.${machine}-${boot}-${process}.${randomBytes(6).toString('hex')}.tmp`
}

/** The path of a temporary file beside a file. @param {string} file */
export const temporaryBeside = (file) => path.join(path.dirname(file), temporaryName(path.basename(file)))

/** A folder in the system's folder for temporary files, for this user alone; whoever makes it removes it. @param {string} what */
export function makeTemporaryFolder(what) {
  const folder = path.join(os.tmpdir(), temporaryName(what))
  fs.mkdirSync(folder, { mode: 0o700 })
  return folder
}

const scheme = /^\.(.+)\.([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)\.[0-9a-f]{12}\.tmp$/
/** Names of version 0.1.0 and of snapshots since: they say nothing of their owner. */
const former = [
  /^\..+\.[0-9a-f]{12}\.tmp$/,
  /^\..+\.\d{15}-[0-9a-f]{6}\.tmp$/,
  /^\..+\.control\.tmp$/,
  /^engine\.lock\.[0-9a-f]{12}(?:\.stale|\.now)?$/,
  /^abd-graph-[A-Za-z0-9]{6}$/,
  /\.[0-9a-f]{12}\.partial$/,
  /^(?:\.probe|probe|check)-[0-9a-f]{8}$/,
  /^[^.].*\.\d+\.tmp$/,
]

/** @param {string} name */
export const isTemporary = (name) => scheme.test(name) || former.some((one) => one.test(name))

/** What a temporary file is to become; null where it is none of this scheme. @param {string} name */
export const temporaryOf = (name) => scheme.exec(name)?.[1] ?? null

/** Nobody writes so long at one of them; in milliseconds. */
const forgottenAfter = 24 * 3_600_000

/**
 * Whether nobody works at a temporary file any more. Of this start of this machine its process tells, whatever its age;
 * of an earlier start, that it is older than this one; of another machine and of earlier versions a day without a
 * change.
 * @param {string} name
 * @param {number} age milliseconds since it was changed, by the clock of its file system
 */
export function isLeftover(name, age) {
  const found = scheme.exec(name)
  if (!found) return former.some((one) => one.test(name)) && age > forgottenAfter
  const [, , machine, boot, pid, start] = found
  const here = ownTag()
  if (machine !== here.machine || boot === '00000000') return age > forgottenAfter
  if (boot !== here.boot) return age > Math.min(runningFor(), forgottenAfter)
  const now = processStart(Number(pid))
  return now === null || (start !== '0' && now !== start)
}

/**
 * The clock of a folder's file system, which may be another machine's; this machine's where nothing can be written.
 * @param {string} folder
 */
function clockOf(folder) {
  const probe = path.join(folder, temporaryName('clock'))
  try {
    fs.writeFileSync(probe, '', { mode: 0o600, flag: 'wx' })
    return fs.statSync(probe).mtimeMs
  } catch {
    return Date.now()
  } finally {
    fs.rmSync(probe, { force: true })
  }
}

/**
 * Removes the temporary files and folders that lie in a folder and that nobody works at any more.
 * @param {string} folder
 * @param {{ wanted?: (name: string) => boolean }} [options] of which names; default: all
 * @returns {string[]} their names; none where the folder cannot be read
 */
export function sweepFolder(folder, { wanted = () => true } = {}) {
  const swept = []
  let now = null
  for (const name of namesIn(folder)) {
    if (!isTemporary(name) || !wanted(name)) continue
    const file = path.join(folder, name)
    try {
      now ??= clockOf(folder)
      if (!isLeftover(name, now - fs.lstatSync(file).mtimeMs)) continue
      fs.rmSync(file, { recursive: true, force: true })
      swept.push(name)
    } catch {
      // Somebody else's, or gone meanwhile.
    }
  }
  return swept
}

/** @param {string} folder */
function namesIn(folder) {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}
