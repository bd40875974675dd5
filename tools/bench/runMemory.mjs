/**
 * Peak memory of a real run: `abd run` distils a few pseudo batches while the kernel's own marks of its processes are
 * read.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { projectRoot } from '../setup/paths.mjs'
import { SetupError } from '../../src/main/setup/report.mjs'

const pollMilliseconds = 100
const keptWords = 3000

/** MiB; undefined once the process has ended. */
function statusOf(pid) {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
    const read = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
    return { peak: read('VmHWM'), anonymous: read('RssAnon'), files: read('RssFile') }
  } catch {
    return undefined
  }
}

const childrenOf = (pid) => {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function controlOf(workspace) {
  try {
    return JSON.parse(fs.readFileSync(path.join(workspace, 'engine.lock'), 'utf8')).pid
  } catch {
    return undefined
  }
}

/**
 * Trains a short teacher on the drawn signs, then distils `pseudoBatches`; the student's trainer and control are what a
 * ZSKT run consists of.
 * Own memory and libraries are those at the moment of the trainer's peak so far. Errors: SetupError with the end of
 * what the run wrote.
 */
export async function measureRun({ batch, threads, device, pseudoBatches }) {
  const workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-bench-'))
  const flags = [
    'run',
    '--workspace',
    workspace,
    '--data',
    'signs',
    '--threads',
    String(threads),
    '--defense',
    'none',
    '--teacher.depth',
    '16',
    '--teacher.width',
    '2',
    '--student.depth',
    '16',
    '--student.width',
    '1',
    '--method.batch-size',
    String(batch),
    '--method.pseudo-batches',
    String(pseudoBatches),
    '--set',
    'data.params.trainImages=1000',
    '--set',
    'teacher.training.epochs=1',
    '--set',
    'teacher.distilCollapsed=true',
    '--device',
    device,
  ]
  const child = spawn(process.execPath, [path.join(projectRoot, 'tools', 'abd.mjs'), ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let words = ''
  let distilling = false
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words = (words + text).slice(-keptWords)
    distilling ||= words.includes('Teacher: done')
  })
  const seen = { control: undefined, trainer: undefined }
  const timer = setInterval(() => {
    const control = controlOf(workspace)
    if (control === undefined || !distilling) return
    seen.control = statusOf(control) ?? seen.control
    for (const pid of childrenOf(control)) {
      const status = statusOf(pid)
      if (status && status.peak > (seen.trainer?.peak ?? 0)) seen.trainer = status
    }
  }, pollMilliseconds)
  try {
    const code = await new Promise((resolve) => child.on('close', resolve))
    if (code !== 0 || !seen.trainer || !seen.control)
      throw new SetupError(`The run whose memory was to be measured ended with ${code}:\n${words.trim()}`)
    const sum = (name) => seen.trainer[name] + seen.control[name]
    return { peak: sum('peak'), anonymous: sum('anonymous'), files: sum('files'), processes: seen }
  } finally {
    clearInterval(timer)
    // Control still writes while it ends.
    fs.rmSync(workspace, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 })
  }
}
