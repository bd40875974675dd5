/** Runs a program in the foreground: its signals are ours, its exit code too. */
import { spawn } from 'node:child_process'
import os from 'node:os'
import tty from 'node:tty'

// From a terminal, Ctrl+C reaches the whole process group by itself.
const hasTerminal = [0, 1, 2].some((descriptor) => tty.isatty(descriptor))

/**
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

/** Ends the process with one sentence for a known failure, with the stack for a fault of the program. */
export function failWith(error) {
  process.stderr.write(`${error?.name === 'SetupError' ? error.message : (error?.stack ?? error)}\n`)
  process.exitCode = 1
}
