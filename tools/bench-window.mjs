#!/usr/bin/env node
/**
 * What a visible window costs training: one long ZSKT run, ten pseudo batches watched by a window and ten without, in
 * turn.
 *
 *   npm run bench:window -- [--pairs 7] [--batch 128] [--threads 0] [--json]
 *
 * The window shows the run's overview (chart and image grid, every pseudo batch drawn). Times are those at which the
 * engine wrote each
 * pseudo batch's images. Needs Xvfb (or a display) and an Electron: the installed one, or the tests'
 * (test/e2e/support/electron).
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { _electron } from 'playwright-core'
import { findTestElectron } from '../test/e2e/support/electron/get-electron.mjs'
import { statistics } from './bench/summary.mjs'
import { failWith } from './run/child.mjs'
import { ensureBuilt } from './run/build.mjs'
import { projectRoot } from './setup/paths.mjs'
import { SetupError, say } from '../src/main/setup/report.mjs'

const perSide = 10
/** Pseudo batches after a change of sides that are not counted. */
const settling = 2
const pollMilliseconds = 250
const entry = (name) => path.join(projectRoot, 'out', 'main', `${name}.js`)

function readOptions() {
  const { values } = parseArgs({
    options: {
      pairs: { type: 'string', default: '7' },
      batch: { type: 'string', default: '128' },
      threads: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
    },
  })
  const whole = (name, least) => {
    const value = Number(values[name])
    if (!Number.isInteger(value) || value < least)
      throw new SetupError(`--${name} wants a whole number from ${least}, got "${values[name]}".`)
    return value
  }
  return { pairs: whole('pairs', 1), batch: whole('batch', 8), threads: whole('threads', 0), json: values.json }
}

const abd = (...parameters) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry('cli'), ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.on('close', (code) =>
      code === 0 ? resolve(text.trim()) : reject(new SetupError(`abd ${parameters[0]} ended with ${code}.`)),
    )
  })

/** A display of our own where there is none. */
async function openDisplay() {
  if (process.env.DISPLAY !== undefined) return { display: process.env.DISPLAY, close: () => undefined }
  const child = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1100x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const number = await new Promise((resolve, reject) => {
    child.on('error', () => reject(new SetupError('There is no display and no Xvfb: apt-get install xvfb.')))
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim()))
  })
  return { display: `:${number}`, close: () => child.kill() }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Resolves with the time at which the pseudo batch's images were written. */
async function timeOf(images, step) {
  const file = path.join(images, `${String(step).padStart(9, '0')}.png`)
  while (!fs.existsSync(file)) await pause(pollMilliseconds)
  return fs.statSync(file).mtimeMs
}

const newestStep = (images) =>
  Math.max(
    0,
    ...(fs.existsSync(images) ? fs.readdirSync(images) : [])
      .map((name) => Number.parseInt(name, 10))
      .filter(Number.isFinite),
  )

/** Milliseconds that the next pseudo batches take, the first ones after a change not counted. */
async function timeBatches(images) {
  const first = newestStep(images) + settling
  const start = await timeOf(images, first)
  return (await timeOf(images, first + perSide)) - start
}

async function openWindow(electron, workspace, display) {
  const application = await _electron.launch({
    executablePath: electron,
    args: ['--no-sandbox', '--disable-gpu', entry('index'), '--workspace', workspace],
    env: {
      ...process.env,
      DISPLAY: display,
      ABD_NODE: process.execPath,
      ABD_NO_DIALOGS: '1',
      XDG_CONFIG_HOME: path.join(workspace, 'config'),
    },
  })
  const page = await application.firstWindow()
  await page.getByRole('link', { name: 'Window bench' }).first().click({ timeout: 60_000 })
  await page.locator('.viewer .tile canvas').first().waitFor({ timeout: 60_000 })
  return application
}

async function main() {
  const { pairs, batch, threads, json } = readOptions()
  const electron = findTestElectron()
  if (electron === undefined)
    throw new SetupError('There is no Electron to measure with: node test/e2e/support/electron/get-electron.mjs')
  await ensureBuilt()
  const workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-window-'))
  const display = await openDisplay()
  try {
    const steps = (pairs * 2 + 1) * (perSide + settling + 6)
    const id = await abd(
      'run',
      '--workspace',
      workspace,
      '--detach',
      '--name',
      'Window bench',
      '--data',
      'signs',
      '--defense',
      'none',
      '--threads',
      String(threads),
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
      String(steps),
      '--set',
      'data.params.trainImages=1000',
      '--set',
      'teacher.training.epochs=1',
      '--set',
      'recording.imagesEvery=1',
      '--set',
      `recording.keptSteps=${steps + 1}`,
      '--set',
      'recording.metricsEvery=1',
      '--set',
      'recording.evaluateEvery=1000000',
    )
    const images = path.join(workspace, 'runs', id, 'student-1', 'images')
    await timeOf(images, 1)
    const ratios = []
    const seconds = { window: [], alone: [] }
    for (let pair = 0; pair < pairs; pair += 1) {
      const alone = await timeBatches(images)
      const application = await openWindow(electron, workspace, display.display)
      const watched = await timeBatches(images)
      application.process().kill('SIGKILL')
      ratios.push(alone / watched)
      seconds.window.push(watched / 1000)
      seconds.alone.push(alone / 1000)
      say(
        `pair ${pair + 1} of ${pairs}: ${(alone / 1000).toFixed(1)} s alone, ${(watched / 1000).toFixed(1)} s with a window, throughput ${(100 * ratios.at(-1)).toFixed(1)} %`,
      )
    }
    const result = {
      pairs,
      batch,
      cores: os.availableParallelism(),
      throughputWithWindow: statistics(ratios),
      secondsAlone: statistics(seconds.alone),
      secondsWithWindow: statistics(seconds.window),
    }
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
    else
      process.stdout.write(
        `Throughput with a window, median of ${pairs} pairs of ${perSide} pseudo batches: ${(100 * result.throughputWithWindow.median).toFixed(1)} % (goal 90 % on 2 cores, 97 % with a GPU)\n`,
      )
    await abd('stop', id, '--workspace', workspace)
  } finally {
    display.close()
    await pause(3000)
    fs.rmSync(workspace, { recursive: true, force: true })
  }
  return 0
}

main().then((code) => {
  process.exitCode = code
}, failWith)
