/** Programs that are started here: in the foreground, or watched. */
import { spawn } from 'node:child_process'
import os from 'node:os'
import tty from 'node:tty'

// From a terminal, Ctrl+C reaches the whole process group by itself.
const hasTerminal = [0, 1, 2].some((descriptor) => tty.isatty(descriptor))

/**
 * Runs a program in the foreground: its signals are ours, its exit code too.
 * Resolves to the exit code the shell would show (128 + signal where a signal ended it). With `onMessage` the program
 * gets a channel to tell us something.
 */
export function runInForeground(command, parameters, { onMessage, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = onMessage === undefined ? 'inherit' : ['inherit', 'inherit', 'inherit', 'ipc']
    const child = spawn(command, parameters, { stdio, ...options })
    if (onMessage !== undefined) child.on('message', onMessage)
    const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
      const handler = () => {
        if (signal !== 'SIGINT' || !hasTerminal) child.kill(signal)
      }
      process.on(signal, handler)
      return [signal, handler]
    })
    const finish = () => handlers.forEach(([signal, handler]) => process.off(signal, handler))
    child.on('error', (error) => {
      finish()
      reject(error)
    })
    child.on('close', (code, signal) => {
      finish()
      resolve(code ?? 128 + (os.constants.signals[signal] ?? 0))
    })
  })
}

/** Runs a program beside others: what it prints comes in one piece, with its exit code. */
export function runAside(command, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const parts = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => parts.push(part))
    const stop = () => child.kill('SIGINT')
    process.once('exit', stop)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('exit', stop)
      resolve({ printed: Buffer.concat(parts), exitCode: code ?? 128 + (os.constants.signals[signal] ?? 0) })
    })
  })
}

/**
 * The first match of the pattern in what the program prints.
 * @param {import('node:child_process').ChildProcess} child
 * @param {RegExp} pattern
 * @returns {Promise<RegExpMatchArray>}
 */
export function printed(child, pattern, seconds = 60) {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(
      () => reject(new Error(`Nothing like ${pattern} came within ${seconds} s:\n${text}`)),
      seconds * 1000,
    )
    const read = (chunk) => {
      text += chunk
      const match = text.match(pattern)
      if (!match) return
      clearTimeout(timer)
      resolve(match)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`It ended with ${code} before printing ${pattern}:\n${text}`))
    })
  })
}

/**
 * Ends a program that was started here, and waits for it; after half a minute by force.
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
export async function end(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  const killer = setTimeout(() => child.kill('SIGKILL'), 30_000)
  await ended
  clearTimeout(killer)
}

/** A failure that its sentence explains: of the set-up, or an option that a command has not. */
const isKnown = (error) => error?.name === 'SetupError' || error?.code?.startsWith?.('ERR_PARSE_ARGS_') === true

/** Ends the process with one sentence for a known failure, with the stack for a fault of the program. */
export function failWith(error) {
  process.stderr.write(`${isKnown(error) ? error.message : (error?.stack ?? error)}\n`)
  process.exitCode = 1
}
