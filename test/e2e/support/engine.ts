/** The built program with its real engine, for end-to-end tests. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { removeFolder } from '../../fixtures/removeFolder'

export const outFolder = process.env.ABD_OUT ?? resolve(import.meta.dirname, '../../../out')
export const isBuilt = existsSync(join(outFolder, 'main', 'cli.js'))
export const notBuilt = 'out/ is missing: run "npm run build" first (npm test does)'

/** Flags that make a whole experiment small enough for a test: seconds, not results. */
export const tinyFlags = [
  '--data.train-images',
  '300',
  '--data.test-images',
  '100',
  '--teacher.depth',
  '10',
  '--teacher.width',
  '1',
  '--student.depth',
  '10',
  '--student.width',
  '1',
  '--method.batch-size',
  '16',
  '--method.student-steps',
  '2',
  '--method.generator-width',
  '16',
  '--set',
  'teacher.training.epochs=1',
  '--set',
  'recording.imagesPerStep=16',
  // A teacher of one epoch may answer one class to everything.
  '--set',
  'teacher.distilCollapsed=true',
]

export interface Program {
  child: ChildProcess
  stdout(): string
  stderr(): string
  ended: Promise<number | null>
}

/** Starts an entry of out/main with Node. */
export const start = (entry: 'cli' | 'serve', parameters: readonly string[], env: NodeJS.ProcessEnv = {}): Program =>
  startScript(join(outFolder, 'main', `${entry}.js`), parameters, env)

/** Starts any script with Node. */
export function startScript(script: string, parameters: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, [script, ...parameters], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let error = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    error += text
  })
  return {
    child,
    stdout: () => out,
    stderr: () => error,
    ended: new Promise((done) => child.on('close', (code) => done(code))),
  }
}

export async function abd(...parameters: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = start('cli', parameters)
  return { code: await program.ended, stdout: program.stdout(), stderr: program.stderr() }
}

export async function until<Value>(
  what: string,
  read: () => Value | undefined | null | false | Promise<Value | undefined | null | false>,
  timeout = 60_000,
): Promise<Value> {
  const end = Date.now() + timeout
  for (;;) {
    const value = await read()
    if (value !== undefined && value !== null && value !== false) return value
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}.`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

export const newWorkspace = (): string => mkdtempSync(join(tmpdir(), 'abd-e2e-'))
/** The engine of a released command ends shortly after it. */
export async function removeWorkspace(folder: string): Promise<void> {
  await until('the engine’s end', () => !existsSync(join(folder, 'engine.lock')), 20_000)
  await removeFolder(folder)
}
