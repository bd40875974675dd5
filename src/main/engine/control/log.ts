/**
 * The engine's log: a rotated file in the workspace, and the last lines in memory for the interface. Tokens never reach
 * it.
 */
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import type { LogLine } from '../../../shared/contract'

export interface EngineLog {
  debug(message: string, details?: Record<string, unknown>): void
  info(message: string, details?: Record<string, unknown>): void
  warn(message: string, details?: Record<string, unknown>): void
  /** `error`'s stack goes to the file. */
  error(message: string, error?: unknown): void
  last(lines: number): LogLine[]
  close(): void
}

const rotateAt = 5 * 2 ** 20
const generations = 3
const ringSize = 2000

const isLarge = (file: string): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= rotateAt

/** engine.log.1 is the newest old one. */
function rotate(file: string): void {
  if (!isLarge(file)) return
  for (let generation = generations - 1; generation >= 1; generation--) {
    if (existsSync(`${file}.${generation}`)) renameSync(`${file}.${generation}`, `${file}.${generation + 1}`)
  }
  renameSync(file, `${file}.1`)
}

/** Logs into `folder`/engine.log; without a folder (a read-only workspace) only memory. */
export function createEngineLog(folder: string | null): EngineLog {
  const ring: LogLine[] = []
  const logger = folder === null ? null : tryToOpenFile(folder)
  const write = (level: LogLine['level'], message: string, details: object): void => {
    ring.push({ time: Date.now(), level, message })
    if (ring.length > ringSize) ring.splice(0, ring.length - ringSize)
    logger?.write(level, message, details)
  }
  return {
    debug: (message, details = {}) => write('debug', message, details),
    info: (message, details = {}) => write('info', message, details),
    warn: (message, details = {}) => write('warn', message, details),
    error: (message, error) => write('error', message, error === undefined ? {} : { err: error }),
    last: (lines) => ring.slice(-lines),
    close: () => logger?.close(),
  }
}

interface LogFile {
  write(level: LogLine['level'], message: string, details: object): void
  close(): void
}

/** A disk that takes no log must not keep the engine from starting: the memory has the last lines. */
function tryToOpenFile(folder: string): LogFile | null {
  try {
    return openFile(folder)
  } catch {
    return null
  }
}

function openFile(folder: string): LogFile {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'engine.log')
  let opened: OpenedFile | null = openRotated(file)
  let lines = 0
  return {
    write(level, message, details) {
      opened?.logger[level](details, message)
      lines += 1
      if (lines % 1000 !== 0) return
      try {
        if (opened && !isLarge(file)) return
        opened?.destination.end()
        opened = null
        opened = openRotated(file)
      } catch {
        // Tried again after as many lines; the memory has the last ones.
      }
    },
    close: () => opened?.destination.end(),
  }
}

interface OpenedFile {
  readonly logger: pino.Logger
  readonly destination: ReturnType<typeof pino.destination>
}

function openRotated(file: string): OpenedFile {
  rotate(file)
  const destination = open(file)
  return { destination, logger: pino({ level: 'debug', base: { pid: process.pid } }, destination) }
}

function open(file: string): ReturnType<typeof pino.destination> {
  const destination = pino.destination({ dest: file, sync: true, mode: 0o600 })
  // A full disk must not end the engine: what cannot be logged is lost.
  destination.on('error', () => undefined)
  return destination
}
