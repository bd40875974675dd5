#!/usr/bin/env node
/**
 * Makes docs/seeing.md: each analysis that can be asked for, on models whose trigger is known, beside its controls.
 *
 *   npm run seeing -- [--poisoned FOLDER:RUN] [--clean FOLDER:RUN] [--cifar FOLDER:RUN] [--only TITLE,TITLE]
 *
 * Runs that are not named are made in a folder of their own: a quick look, its teacher without poison, and the teacher
 * of ../shared, where that folder is. An analysis that a run was asked for already with the same parameters is taken as
 * it is. --only: these sections; the others and their pictures stay as they are. Needs Chromium, the built application and the TensorFlow runtime.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { openRoute } from '../test/e2e/support/views.mjs'
import { ensureBuilt } from './run/build.mjs'
import { failWith } from './run/child.mjs'
import { launchChromium, serveWorkspace } from './run/served.mjs'
import { sections, subjects } from './seeing/sections.mjs'
import { projectRoot } from './setup/paths.mjs'
import { SetupError, say } from '../src/main/setup/report.mjs'

const pictures = path.join(projectRoot, 'docs', 'images', 'seeing')
const shared = path.resolve(projectRoot, '..', 'shared')
const size = { width: 1200, height: 1000 }
const pictureWidth = 860
/** A busy machine takes its time. */
const patience = 300_000

const abd = (folder, ...args) =>
  execFileSync(process.execPath, [path.join(projectRoot, 'out', 'main', 'cli.js'), ...args, '--workspace', folder], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
const json = (folder, ...args) => JSON.parse(abd(folder, ...args, '--json'))

/** The runs by subject; null where one cannot be made here. */
function runsOf(named) {
  const own = fs.mkdtempSync(path.join(os.tmpdir(), 'abd-seeing-'))
  const made = subjects.map(({ id, run }) => {
    if (named[id] !== undefined) {
      const at = named[id].lastIndexOf(':')
      return [id, { folder: path.resolve(named[id].slice(0, at)), run: named[id].slice(at + 1) }]
    }
    const args = run(shared)
    if (args === null) return [id, null]
    say(`trains: ${id}`)
    return [id, { folder: own, run: json(own, 'run', ...args).id }]
  })
  return { runs: Object.fromEntries(made), own }
}

const sameAsked = ({ analysis, params, stageIds }, { id, wanted, stage }) =>
  analysis === id && stageIds.includes(stage) && Object.entries(wanted).every(([name, value]) => params[name] === value)

/** Asks what nobody has asked yet. @returns the asking, and its place among the run's results, the newest first */
function asked({ folder, run }, { analysis: id, params: wanted = {}, stage }) {
  const known = () => json(folder, 'analyses', run).filter(({ state }) => state === 'done')
  const find = () => known().find((one) => sameAsked(one, { id, wanted, stage }))
  if (!find()) {
    say(`measures: ${id} of ${run}/${stage}`)
    const given = Object.entries(wanted).flatMap(([name, value]) => ['--param', `${name}=${value}`])
    abd(folder, 'analyse', run, '--analysis', id, '--stage', stage, ...given)
  }
  const one = find()
  return { ...one, place: json(folder, 'analyses', run).findIndex(({ id: other }) => other === one.id) }
}

/** The panels of a result, each a picture. */
async function photograph(page, { run }, { place, panels, name }) {
  await openRoute(page, `/runs/${run}/analyses`)
  const results = page.getByRole('navigation', { name: 'Results' }).getByRole('button')
  await results.nth(place).click()
  const result = page.getByRole('region', { name: /: result$/ })
  const files = []
  for (const [index, title] of panels.entries()) {
    const panel = result.locator('.panel, figure').filter({ hasText: title }).first()
    await panel.waitFor()
    await page.mouse.move(0, 0)
    // Curves and pictures come after the page.
    await page.waitForTimeout(1500)
    const file = `${name}${panels.length > 1 ? `-${index + 1}` : ''}.webp`
    const shot = await panel.screenshot()
    await sharp(shot)
      .resize({ width: pictureWidth, withoutEnlargement: true })
      .webp({ quality: 78 })
      .toFile(path.join(pictures, file))
    files.push(file)
  }
  return files
}

/** A view of the interface as it stands after clicks on buttons of these names. */
async function photographView(page, { run }, { path: pathOf, acts, awaited, name }) {
  await openRoute(page, pathOf(run))
  for (const act of acts) {
    const button = page
      .getByRole('button', { name: act })
      .or(page.getByRole('radio', { name: act }))
      .first()
    await button.click()
  }
  await page.locator(awaited).first().waitFor()
  await page.mouse.move(0, 0)
  await page.waitForTimeout(2500)
  const shot = await page.locator('main').screenshot()
  const file = `${name}.webp`
  await sharp(shot)
    .resize({ width: pictureWidth, withoutEnlargement: true })
    .webp({ quality: 80 })
    .toFile(path.join(pictures, file))
  return [file]
}

async function onPage(browser, folder, work) {
  const server = await serveWorkspace(folder)
  try {
    const context = await browser.newContext({ viewport: size, colorScheme: 'light', reducedMotion: 'reduce' })
    context.setDefaultTimeout(patience)
    context.setDefaultNavigationTimeout(patience)
    const page = await context.newPage()
    await page.goto(server.address)
    const found = await work(page)
    await context.close()
    return found
  } finally {
    await server.stop()
  }
}

async function shownViews(browser, runs, { views = [] }) {
  const shown = []
  for (const view of views) {
    const subject = runs[view.of]
    if (view.after) asked(subject, view.after)
    const files = await onPage(browser, subject.folder, (page) => photographView(page, subject, view))
    shown.push({ caption: view.caption, files })
    say(`shown: ${view.name} of ${view.of}`)
  }
  return shown
}

async function shownBy(browser, runs, section) {
  const shown = []
  for (const look of section.looks ?? []) {
    const subject = runs[look.of]
    if (!subject) {
      shown.push({ ...look, missing: true })
      continue
    }
    const found = asked(subject, look)
    const name = `${look.analysis}-${look.of}`
    const files = await onPage(browser, subject.folder, (page) =>
      photograph(page, subject, { ...look, name, place: found.place }),
    )
    shown.push({ ...look, files, line: found.line })
    say(`shown: ${look.analysis} of ${look.of}`)
  }
  return [...shown, ...(await shownViews(browser, runs, section))]
}

const lookText = ({ caption, missing, files = [], line }) =>
  missing
    ? `*${caption}: not shown, since ../shared is not here.*`
    : `${files.map((file) => `![${caption}](images/seeing/${file})\n`).join('')}${files.length > 0 ? '\n' : ''}*${caption}${line ? `: ${line}` : ''}.*`

const sectionText = ({ section, shown }) => `## ${section.title}

${section.looks ? `\`abd analyse RUN --analysis ${section.looks[0].analysis}\`. ` : ''}${section.about}

${shown.map(lookText).join('\n\n')}

**Seen.** ${section.seen}

**Not seen.** ${section.notSeen}
`

const head = `# Seeing the backdoor

What each analysis shows where the answer is known, and what it does not. Made by \`npm run seeing\`; the lines under the pictures are the results' own. Single models: indications, no rates.

| model | what it is |
|---|---|
${subjects.map(({ title, about }) => `| ${title} | ${about} |`).join('\n')}
`

/** The sections of a page by their titles, as they stand. */
const sectionsOf = (page) =>
  new Map(
    page
      .split(/^(?=## )/m)
      .slice(1)
      .map((text) => [text.slice(3, text.indexOf('\n')), `${text.trimEnd()}\n`]),
  )

/** New sections in the order of their list, the page's own in their places, and what stands behind them. */
function pageOf(parts, former) {
  const there = sectionsOf(former)
  const own = sections.flatMap(({ title }) => {
    const part = parts.find(({ section }) => section.title === title)
    return part ? sectionText(part) : (there.get(title) ?? [])
  })
  return [head, ...own, measuredElsewhere(former)].join('\n')
}

/** The page from the section on that other commands give the numbers of. */
const measuredElsewhere = (page) => page.slice(page.indexOf('## Triage: how well it tells'))

async function main() {
  const options = Object.fromEntries([...subjects.map(({ id }) => id), 'only'].map((id) => [id, { type: 'string' }]))
  const { values } = parseArgs({ options })
  const titles = values.only?.split(',')
  const unknown = titles?.find((title) => !sections.some((section) => section.title === title))
  if (unknown !== undefined)
    throw new SetupError(`There is no section "${unknown}": ${sections.map(({ title }) => title).join(', ')}.`)
  const chosen = sections.filter(({ title }) => titles?.includes(title) ?? true)
  await ensureBuilt()
  const { runs, own } = runsOf(values)
  if (!titles) fs.rmSync(pictures, { recursive: true, force: true })
  fs.mkdirSync(pictures, { recursive: true })
  const browser = await launchChromium()
  try {
    const parts = []
    for (const section of chosen) parts.push({ section, shown: await shownBy(browser, runs, section) })
    const target = path.join(projectRoot, 'docs', 'seeing.md')
    fs.writeFileSync(target, pageOf(parts, fs.readFileSync(target, 'utf8')))
  } finally {
    await browser.close()
    fs.rmSync(own, { recursive: true, force: true })
  }
}

main().catch(failWith)
