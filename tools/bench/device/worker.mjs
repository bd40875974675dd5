/** One engine worker under measurement, in a precision and with settings of its environment. */
import { startSubject } from '../subject.mjs'
import { statistics } from '../summary.mjs'

/**
 * @param {{ device: string, batch: number, threads: number, worker: { script: string, environment: object } }} options
 * @param {{ precision?: string, environment?: object }} [own]
 */
export function startWorker({ device, batch, threads, worker }, { precision = 'float32', environment = {} } = {}) {
  const settings = { threads, batch, device, graph: true, precision }
  return startSubject({
    name: 'ours',
    phases: [],
    command: [process.execPath, worker.script, JSON.stringify(settings)],
    environment: { ...worker.environment, ...environment },
  })
}

/** Seconds on the clock, and what the worker answered. */
export async function timed(subject, phase) {
  const began = performance.now()
  const answer = await subject.ask(phase)
  return { seconds: (performance.now() - began) / 1000, answer }
}

export const median = (values) => statistics(values).median

/** So many pseudo batches in a row; seconds of each, and seconds of all cores. */
export async function pseudoBatches(subject, count) {
  const seconds = []
  let cpu = 0
  for (let round = 0; round < count; round += 1) {
    const { total, cpu: cores } = await subject.ask('pseudoBatch')
    seconds.push(total)
    cpu += cores?.total ?? 0
  }
  return { seconds, cpu }
}
