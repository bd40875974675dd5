/** A run as somebody starts it: `abd run` in a process of its own, with the moments at which it says what matters. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { SetupError } from '../../src/main/setup/report.mjs'
import { projectRoot } from '../setup/paths.mjs'

const keptWords = 3000
const cli = path.join(projectRoot, 'out', 'main', 'cli.js')

/** The phases of src/shared/domain/timings.ts, in its order, as the report's rows name them. */
export const phaseTitles = {
  training: 'training: steps of synthesis, students, teacher, defenses',
  evaluation: 'evaluations',
  graphs: 'first call of each captured step: recording, and computing it once',
  start: 'start of processes until TensorFlow has run an operation',
  data: 'data, poisoning, triggers, networks',
  checkpoints: 'checkpoints and final weights',
  images: 'synthetic images',
  analyses: 'analyses',
  rest: 'rest of the processes',
}

/** A line of progress that shows a figure, e.g. "[3/4] Student 1: no defense: step 0 of 300, 0 %, student loss 0.71". */
export const figureLine = /^\[\d+\/\d+\] (?<stage>[^:]+):.*(loss|accuracy) -?[\d.]/

/** What a command wrote to its output. Errors: SetupError with the end of what it told. */
export function abdOutput(parameters) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [text, words] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      words = (words + chunk).slice(-keptWords)
    })
    child.on('close', (code) =>
      code === 0 ? resolve(text) : reject(new SetupError(`abd ${parameters[0]} ended with ${code}:\n${words}`)),
    )
  })
}

/**
 * Starts the run and waits for its end. Seconds from the command's start: the first line with a figure, the first of a
 * student, and the end. Errors: SetupError with the end of what it told.
 */
export function timedRun(workspace, flags) {
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    const since = () => (performance.now() - begun) / 1000
    const child = spawn(process.execPath, [cli, 'run', '--workspace', workspace, ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const moments = { id: null, firstFigure: null, firstStudentFigure: null }
    let words = ''
    let rest = ''
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      words = (words + chunk).slice(-keptWords)
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        moments.id ??= /^Run (\S+):/.exec(line)?.[1] ?? null
        const stage = figureLine.exec(line)?.groups?.stage
        if (stage === undefined) continue
        moments.firstFigure ??= since()
        if (stage.startsWith('Student')) moments.firstStudentFigure ??= since()
      }
    })
    child.on('close', (code) =>
      code === 0 && moments.id !== null
        ? resolve({ ...moments, seconds: since() })
        : reject(new SetupError(`abd run ended with ${code}:\n${words}`)),
    )
  })
}
