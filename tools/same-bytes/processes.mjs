/** Processes that train the same models from the same seed, and what they made. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { runAside } from '../run/child.mjs'

/**
 * How many of TensorFlow's ops may run at once in each process, in turn. A kernel's own threads decide its bits and are
 * the same in all; which ops run side by side must decide nothing, and with one it follows from measured times.
 */
const opsAtOnce = [1, 4]
const processesAtOnce = 2

async function runProcess(script, { index, threads, parameters }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-same-bytes-'))
  const environment = {
    ...process.env,
    TMPDIR: folder,
    TF_NUM_INTRAOP_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(opsAtOnce[index % opsAtOnce.length]),
  }
  try {
    const { printed, exitCode } = await runAside(process.execPath, [script, folder, ...parameters], {
      env: environment,
    })
    const text = printed.toString()
    if (exitCode !== 0) throw new Error(`A process ended with ${exitCode}:\n${text}`)
    return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} script the bundle of test/sameBytes/process.ts
 * @param {{ processes: number, threads?: number, parameters: string[], onEnd?: (done: number) => void }} options
 * @returns {Promise<Map<string, string[]>>} per model what each process made of it
 */
export async function outcomesOf(script, { processes, threads = 1, parameters, onEnd = () => undefined }) {
  const outcomes = new Map()
  let begun = 0
  let done = 0
  const work = async () => {
    while (begun < processes) {
      const lines = await runProcess(script, { index: begun++, threads, parameters })
      for (const { model, outcome } of lines) outcomes.set(model, [...(outcomes.get(model) ?? []), outcome])
      onEnd(++done)
    }
  }
  await Promise.all(Array.from({ length: processesAtOnce }, work))
  return outcomes
}

/**
 * How many differ from what most made.
 * @param {readonly string[]} outcomes
 */
export function differing(outcomes) {
  const counts = new Map()
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  return outcomes.length - Math.max(...counts.values())
}
