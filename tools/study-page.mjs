#!/usr/bin/env node
/**
 * Makes the tables, files and figures of docs/study.md anew from a workspace in which its studies were done, by the
 * product's own exports; the words around them stay.
 *
 *   npm run study-page -- --workspace FOLDER [--only demonstration,ood] [--study ood=ID]
 *
 * A study is the newest one that was started from its preset's file (its name; for one attack alone, where the part is
 * about one), unless --study names another. Figures need Chromium.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { openRoute } from '../test/e2e/support/views.mjs'
import { abdOutput } from './bench/wholeRun.mjs'
import { listOf } from './bench/flags.mjs'
import { ensureBuilt } from './run/build.mjs'
import { failWith } from './run/child.mjs'
import { launchChromium, serveWorkspace } from './run/served.mjs'
import { projectRoot } from './setup/paths.mjs'
import { inserted, tableOf } from './study-page/inserted.mjs'
import { isStudyOf, parts, queryOf } from './study-page/parts.mjs'
import { SetupError, say } from '../src/main/setup/report.mjs'

const pagePath = path.join(projectRoot, 'docs', 'study.md')
const files = path.join(projectRoot, 'docs', 'study')
const pictures = path.join(projectRoot, 'docs', 'images', 'study')
/** Means over seeds, which is what the page speaks of. */
const drawn = { compare: { band: 'deviation' } }

function readOptions() {
  const ids = parts.map(({ id }) => id)
  const { values } = parseArgs({
    options: {
      workspace: { type: 'string' },
      only: { type: 'string', default: ids.join(',') },
      study: { type: 'string', multiple: true, default: [] },
    },
  })
  if (!values.workspace) throw new SetupError('--workspace wants the folder in which the studies were done.')
  const named = Object.fromEntries(values.study.map((entry) => entry.split('=')))
  const only = listOf(values, 'only', ids)
  return { workspace: path.resolve(values.workspace), only, named }
}

const nameOf = (preset) =>
  parse(fs.readFileSync(path.join(projectRoot, 'resources', 'studies', `${preset}.yml`), 'utf8')).name

async function studyOf(part, { workspace, named }) {
  if (named[part.id]) return named[part.id]
  const studies = JSON.parse(await abdOutput(['study', 'list', '--json', '--workspace', workspace]))
  const name = nameOf(part.study)
  const found = studies.filter((study) => isStudyOf(part, name, study)).sort((a, b) => (a.id < b.id ? 1 : -1))[0]
  if (!found) {
    const of = part.attack ? ` of ${part.attack} alone` : ''
    throw new SetupError(`There is no study "${name}"${of} there: docs/study.md has the command that starts it.`)
  }
  return found.id
}

const exported = (study, workspace, args) => abdOutput(['study', 'export', study, '--workspace', workspace, ...args])

async function writeTables(part, study, workspace) {
  let page = fs.readFileSync(pagePath, 'utf8')
  for (const { id, args } of part.tables)
    page = inserted(page, `${part.id} ${id}`, tableOf(await exported(study, workspace, args)))
  fs.writeFileSync(pagePath, page)
  for (const { file, args } of part.files)
    fs.writeFileSync(path.join(files, file), await exported(study, workspace, ['--format', 'csv', ...args]))
}

/** A chart of the models of a study, saved by its own menu. */
async function saveFigure(page, study, figure) {
  await openRoute(page, `/compare?q=${encodeURIComponent(queryOf(study, figure))}`)
  const grid = page.getByRole('grid', { name: 'Models' })
  await grid.locator('[role=row][aria-selected]').first().click()
  await page.keyboard.press('Control+A')
  const button = page.getByRole('button', { name: `Export: ${figure.chart}`, exact: true })
  await button.waitFor()
  // Curves come after the page.
  await page.waitForTimeout(2500)
  await button.click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /\.svg/ }).click(),
  ])
  await download.saveAs(path.join(pictures, `${figure.file}.svg`))
  say(`figure: ${figure.file}`)
}

async function saveFigures(part, study, workspace) {
  if (part.figures.length === 0) return
  const browser = await launchChromium()
  const server = await serveWorkspace(workspace)
  try {
    for (const figure of part.figures) {
      const context = await browser.newContext({
        viewport: { width: 1300, height: 1100 },
        colorScheme: 'light',
        reducedMotion: 'reduce',
      })
      await context.addInitScript((settings) => localStorage.setItem('abd.charts', settings), JSON.stringify(drawn))
      const page = await context.newPage()
      await page.goto(server.address)
      await saveFigure(page, study, figure)
      await context.close()
    }
  } finally {
    await server.stop()
    await browser.close()
  }
}

async function main() {
  const options = readOptions()
  await ensureBuilt()
  for (const folder of [files, pictures]) fs.mkdirSync(folder, { recursive: true })
  for (const part of parts.filter(({ id }) => options.only.includes(id))) {
    const study = await studyOf(part, options)
    await writeTables(part, study, options.workspace)
    await saveFigures(part, study, options.workspace)
  }
}

main().catch(failWith)
