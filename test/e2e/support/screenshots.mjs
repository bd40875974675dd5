#!/usr/bin/env node
/**
 * Makes the pictures of the README from a workspace that holds finished runs, through the built application:
 *
 *   node test/e2e/support/screenshots.mjs WORKSPACE [OUT]
 *
 * OUT is the folder of the built application (default out/). Needs Chromium.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import sharp from 'sharp'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const [workspace, out = path.join(root, 'out')] = process.argv.slice(2)
if (workspace === undefined) {
  process.stderr.write('Say which workspace: node test/e2e/support/screenshots.mjs WORKSPACE\n')
  process.exit(2)
}
const folder = path.join(root, 'docs', 'images')
fs.mkdirSync(folder, { recursive: true })

const server = spawn(process.execPath, [path.join(out, 'main', 'serve.js'), '--workspace', workspace], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const address = await new Promise((resolve, reject) => {
  let text = ''
  server.stdout.on('data', (chunk) => {
    text += chunk
    const found = /http:\/\/\S+token=\S+/.exec(text)
    if (found) resolve(found[0])
  })
  server.once('exit', () => reject(new Error(`The engine did not start:\n${text}`)))
})
const browser = await chromium.launch({
  executablePath: process.env.ABD_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
})

async function picture(name, colorScheme, steps) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme,
    deviceScaleFactor: 1.25,
  })
  const page = await context.newPage()
  await page.goto(address)
  await page.locator('.shell').waitFor()
  await steps(page)
  await page.waitForTimeout(1500)
  await page.mouse.move(0, 0)
  await sharp(await page.screenshot())
    .png({ compressionLevel: 9 })
    .toFile(path.join(folder, `${name}.png`))
  await context.close()
}
const openRun = async (page) => {
  await page.locator('.recent a').filter({ hasText: 'Done' }).first().click()
  await page.locator('.viewer .tile').first().waitFor()
}

try {
  await picture('run', 'light', openRun)
  await picture('run-dark', 'dark', openRun)
  await picture('images', 'light', async (page) => {
    await openRun(page)
    await page.getByRole('tab', { name: 'Images' }).click()
  })
  await picture('new-experiment', 'light', async (page) => {
    await page.getByRole('link', { name: 'New experiment' }).click()
    await page.locator('.preview .frame canvas').first().waitFor()
  })
  await picture('compare', 'light', async (page) => {
    await page.getByRole('link', { name: 'Compare', exact: true }).click()
    const rows = page.locator('.p-datatable-tbody tr')
    await rows.first().waitFor()
    for (const row of [0, 1, 2]) await rows.nth(row).locator('input').check()
  })
} finally {
  await browser.close()
  server.kill('SIGINT')
}
