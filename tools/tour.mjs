#!/usr/bin/env node
/**
 * Makes docs/tour.md: every view in both themes, from the list that the accessibility test goes through too.
 *
 *   npm run tour -- [--workspace FOLDER] [--runs 300]
 *
 * Without a workspace one is made: generated runs, and a real quick look (some minutes) whose page is shown.
 * Needs Chromium, the built application and the TensorFlow runtime.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { everyView } from '../test/e2e/support/views.mjs'
import { makeWorkspace } from './bench-views/workspace.mjs'
import { ensureBuilt } from './run/build.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { launchChromium, serveWorkspace } from './run/served.mjs'
import { projectRoot } from './setup/paths.mjs'
import { SetupError, say } from '../src/main/setup/report.mjs'

const entry = (name) => path.join(projectRoot, 'out', 'main', `${name}.js`)
const pictures = path.join(projectRoot, 'docs', 'images', 'tour')
const themes = ['light', 'dark']
const size = { width: 1440, height: 900 }
/** Small enough for a repository, large enough to be read. */
const pictureWidth = 1200

async function prepare(folder, runs) {
  await makeWorkspace(folder, runs)
  const parameters = ['run', '--preset', 'quick', '--name', 'Quick look', '--workspace', folder]
  const code = await runInForeground(process.execPath, [entry('cli'), ...parameters], { cwd: projectRoot })
  if (code !== 0) throw new SetupError(`The quick look ended with ${code}.`)
}

async function photograph(browser, address, theme) {
  const page = await browser.newPage({ viewport: size, colorScheme: theme, reducedMotion: 'reduce' })
  await page.goto(address)
  const link = page.locator('main a[href*="#/runs/"]').first()
  await link.waitFor()
  const run = (await link.getAttribute('href')).split('/').at(-1)
  const views = everyView({ run })
  for (const { name, go, leave } of views) {
    await go(page)
    await page.mouse.move(0, 0)
    // Thumbnails and curves come after the page.
    await page.waitForTimeout(1500)
    await sharp(await page.screenshot())
      .resize(pictureWidth)
      .webp({ quality: 76 })
      .toFile(path.join(pictures, `${name}-${theme}.webp`))
    await leave?.(page)
    say(`${theme} ${name}`)
  }
  await page.close()
  return views
}

const pageOf = (views) => `# A tour

Every view, light and dark. Made by \`npm run tour\` from a real quick look among generated runs; the numbers of the generated ones mean nothing.
${views
  .map(
    ({ name, title, about }) => `
## ${title}

${about}

${themes.map((theme) => `![${title}, ${theme}](images/tour/${name}-${theme}.webp)`).join('\n')}
`,
  )
  .join('')}`

async function main() {
  const { values } = parseArgs({
    options: { workspace: { type: 'string' }, runs: { type: 'string', default: '300' } },
  })
  await ensureBuilt()
  const own = values.workspace === undefined
  const workspace = own ? fs.mkdtempSync(path.join(os.tmpdir(), 'abd-tour-')) : path.resolve(values.workspace)
  if (own) await prepare(workspace, Number(values.runs))
  fs.rmSync(pictures, { recursive: true, force: true })
  fs.mkdirSync(pictures, { recursive: true })
  const browser = await launchChromium()
  let server
  try {
    server = await serveWorkspace(workspace)
    let views = []
    for (const theme of themes) views = await photograph(browser, server.address, theme)
    fs.writeFileSync(path.join(projectRoot, 'docs', 'tour.md'), pageOf(views))
  } finally {
    await browser.close()
    await server?.stop()
    if (own) fs.rmSync(workspace, { recursive: true, force: true })
  }
}

main().catch(failWith)
