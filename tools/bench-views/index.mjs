#!/usr/bin/env node
/**
 * What tables, charts and images cost the page and the engine in a generated workspace of many runs.
 *
 *   npm run bench:views -- [--runs 10000] [--repeats 5] [--workspace FOLDER] [--json]
 *   npm run bench:views -- --explorer                             only frames of the image explorer, 51,200 images
 *   node tools/bench-views/index.mjs --make FOLDER --runs N      only makes the workspace; with --explorer its last run
 *                                                             has measured images and confusion matrices
 *
 * Needs Chromium and the built application. `--workspace` takes one that was made before.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { statistics } from '../bench/summary.mjs'
import { ensureBuilt } from '../run/build.mjs'
import { failWith } from '../run/child.mjs'
import { launchChromium, serveWorkspace } from '../run/served.mjs'
import { projectRoot } from '../setup/paths.mjs'
import { SetupError, say } from '../../src/main/setup/report.mjs'
import { explorerFrames } from './explorer.mjs'
import * as measure from './page.mjs'
import { makeWorkspace, script } from './workspace.mjs'

/** Of the built application. */
const entry = (name) => path.join(projectRoot, 'out', 'main', `${name}.js`)
const typed = 'attack:blend asr<10% sv'

/** What is reported, the unit, and the goal. */
const figures = [
  ['coldStart', 'cold start to first rows, engine and page', 'ms', '≤ 1,000'],
  ['runs', 'Runs opened from another view, CPU', 'ms', '≤ 300'],
  ['compare', 'Compare opened from another view, CPU', 'ms', '≤ 300'],
  ['filterKey', 'filter, CPU per key', 'ms', '≤ 50'],
  ['framesPerSecond', 'scrolling, frames a second', '', '≥ 55'],
  ['selectAll', 'select all', 'ms', '≤ 200'],
  ['domNodes', 'DOM nodes of the larger view', '', '≤ 3,000'],
  ['chartOpens', 'chart of 10 × 50,000 points opened, CPU', 'ms', '≤ 300'],
  ['chartFrame', 'frame while 30 updates a second come, 95th percentile', 'ms', '≤ 33'],
  ['sliderFrame', 'image slider, 200 × 64: frame, 95th percentile', 'ms', '≤ 33'],
  ['memory', 'memory of the page', 'MB', '≤ 300'],
]

function readOptions() {
  const { values } = parseArgs({
    options: {
      make: { type: 'string' },
      workspace: { type: 'string' },
      runs: { type: 'string' },
      repeats: { type: 'string', default: '5' },
      explorer: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  values.runs ??= values.explorer ? '20' : '10000'
  for (const name of ['runs', 'repeats'])
    if (!(Number.isInteger(Number(values[name])) && Number(values[name]) >= 1))
      throw new SetupError(`--${name} wants a whole number from 1, got "${values[name]}".`)
  return { ...values, runs: Number(values.runs), repeats: Number(values.repeats) }
}

const residentMegabytes = (ids) =>
  Math.max(
    ...ids.map((id) => {
      try {
        return Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024
      } catch {
        return 0
      }
    }),
  )

const at95 = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)]
const median = (values) => statistics(values).median

/** One engine and one page, both new. */
async function once(browser, workspace) {
  const started = performance.now()
  const server = await serveWorkspace(workspace)
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  try {
    const protocol = await context.newCDPSession(page)
    // Time on the processor, not by the clock: another program on the machine counts for nothing.
    await protocol.send('Performance.enable', { timeDomain: 'threadTicks' })
    const browserProtocol = await browser.newBrowserCDPSession()
    const session = { page, protocol, browserProtocol }
    await page.goto(server.address)
    await measure.firstRows(session)
    const coldStart = performance.now() - started
    const heavy = await page.evaluate(() =>
      document.querySelector('[role=grid] a[href$="-heavy"]').getAttribute('href').split('/').at(-1),
    )
    const { runs, compare } = await measure.openings(session)
    const compareNodes = await measure.domNodes(session)
    const keys = await measure.filterKeys(session, typed)
    const frames = await measure.scrolling(session)
    const selectAll = await measure.selectingAll(session)
    const runsNodes = await measure.domNodes(session)
    const chartOpens = await measure.opensChart(session, heavy)
    const chartFrames = await measure.chartUpdates(session)
    const sliderFrames = await measure.imageSlider(session, heavy)
    const { processes } = await measure.memory(session)
    return {
      coldStart,
      runs,
      compare,
      filterKey: median(keys),
      framesPerSecond: 1000 / (frames.reduce((sum, time) => sum + time, 0) / frames.length),
      selectAll,
      domNodes: Math.max(compareNodes, runsNodes),
      chartOpens,
      chartFrame: at95(chartFrames),
      sliderFrame: at95(sliderFrames),
      memory: residentMegabytes(processes),
    }
  } finally {
    await context.close()
    await server.stop()
  }
}

/** What a part outside the page prints about a copy of the workspace's records: a run is started there, an index made. */
async function measured(name, workspace, ...parameters) {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), `abd-bench-${name}-`))
  try {
    for (const file of fs.readdirSync(workspace).filter((other) => other.startsWith('workspace.sqlite')))
      fs.copyFileSync(path.join(workspace, file), path.join(copy, file))
    const child = spawn(process.execPath, [await script(name), copy, ...parameters], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    const code = await new Promise((resolve) => child.once('close', resolve))
    if (code !== 0) throw new SetupError(`The ${name} could not be measured (exit code ${code}).`)
    return JSON.parse(text)
  } finally {
    fs.rmSync(copy, { recursive: true, force: true, maxRetries: 5 })
  }
}

const shown = (value) => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1))

function report(medians, calls, index) {
  say('\n| what | median | goal |\n|---|---|---|')
  for (const [id, title, unit, goal] of figures)
    say(`| ${title} | ${shown(medians[id])}${unit ? ` ${unit}` : ''} | ${goal}${unit ? ` ${unit}` : ''} |`)
  say('\n| call while a run trains | median | longest |\n|---|---|---|')
  for (const [title, { median: middle, most }] of Object.entries(calls))
    say(`| ${title} | ${shown(middle)} ms | ${shown(most)} ms |`)
  say('\n| the index by itself | CPU | longest wait of others |\n|---|---|---|')
  for (const [title, { cpu, wait }] of Object.entries(index))
    say(`| ${title} | ${shown(cpu)} ms | ${wait === undefined ? '' : `${shown(wait)} ms`} |`)
}

/** Frames of the explorer in a page of its own. */
async function exploredOnce(browser, workspace) {
  const server = await serveWorkspace(workspace)
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    const page = await context.newPage()
    const protocol = await context.newCDPSession(page)
    await protocol.send('Performance.enable', { timeDomain: 'threadTicks' })
    await page.goto(server.address)
    await measure.firstRows({ page })
    const heavy = await page.evaluate(() =>
      document.querySelector('[role=grid] a[href$="-heavy"]').getAttribute('href').split('/').at(-1),
    )
    const { images, opens, ...frames } = await explorerFrames({ page, protocol }, heavy)
    const times = Object.entries(frames).map(([name, { frames: all, cpu }]) => [
      name,
      { median: median(all), at95: at95(all), cpu },
    ])
    return { images, opens, frames: Object.fromEntries(times) }
  } finally {
    await context.close()
    await server.stop()
  }
}

const movements = {
  scrolled: 'scrolling, all steps',
  allSteps: 'step slider dragged, all steps',
  oneStep: 'step slider dragged, one step at a time',
  plane: 'step slider dragged, one step at a time, with the embedding',
  lasso: 'line drawn around points of the embedding',
}

async function explorerReport(browser, workspace, { repeats, json }) {
  const samples = []
  for (let repeat = 0; repeat < repeats; repeat++) samples.push(await exploredOnce(browser, workspace))
  const middle = (of) => median(samples.map(of))
  if (json) return void process.stdout.write(`${JSON.stringify(samples)}\n`)
  say(
    `\n| image explorer, ${samples[0].images} of four students | median | 95th percentile | main thread, CPU |\n|---|---|---|---|`,
  )
  for (const [id, title] of Object.entries(movements))
    say(
      `| frame, ${title} | ${shown(middle(({ frames }) => frames[id].median))} ms | ${shown(middle(({ frames }) => frames[id].at95))} ms | ${shown(middle(({ frames }) => frames[id].cpu))} ms |`,
    )
  say(`| opened, CPU | ${shown(middle(({ opens }) => opens))} ms | | |`)
}

async function main() {
  const options = readOptions()
  if (options.make !== undefined) return makeWorkspace(path.resolve(options.make), options.runs, options.explorer)
  await ensureBuilt()
  const own = options.workspace === undefined
  const workspace = own ? fs.mkdtempSync(path.join(os.tmpdir(), 'abd-bench-views-')) : path.resolve(options.workspace)
  if (own) await makeWorkspace(workspace, options.runs, options.explorer)
  const browser = await launchChromium()
  try {
    if (options.explorer) return await explorerReport(browser, workspace, options)
    // Not counted: the first start after the workspace was made builds its index.
    await once(browser, workspace)
    const samples = []
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      samples.push(await once(browser, workspace))
      say(`${repeat + 1} of ${options.repeats}`)
    }
    const medians = Object.fromEntries(figures.map(([id]) => [id, median(samples.map((sample) => sample[id]))]))
    const calls = await measured('calls', workspace, entry('control'))
    const index = await measured('queries', workspace)
    if (options.json) process.stdout.write(`${JSON.stringify({ runs: options.runs, ...medians, calls, index })}\n`)
    else report(medians, calls, index)
  } finally {
    await browser.close()
    if (own) fs.rmSync(workspace, { recursive: true, force: true })
  }
}

main().catch(failWith)
