#!/usr/bin/env node
/**
 * `npm run test:package`: installs dist/'s .deb in an empty Debian, opens its window, lets it fetch TensorFlow, trains the
 * first steps of the quick preset by `abd`, and removes it; says sizes and times. Needs root, debootstrap and a network.
 *
 *   node tools/test-package.mjs [--suite bookworm | --root FOLDER] [--keep] [--bundle FILE]
 *
 * --root: a root that is there already, of any distribution. --bundle: no network is used for TensorFlow; the window
 * takes this file of `abd runtime pack`.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { formatBytes, formatSeconds, say } from '../src/main/setup/report.mjs'
import { enterRoot, makeRoot, refusal } from './package/emptyRoot.mjs'
import { openPage } from './package/pageOfWindow.mjs'
import { end, failWith } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const user = 'tester'
const display = ':97'
const port = 9417
const home = `/home/${user}`

async function timed(what, work) {
  const started = performance.now()
  const result = await work()
  say(`${what}: ${formatSeconds(performance.now() - started)}`)
  return result
}

function findDeb() {
  const folder = path.join(projectRoot, 'dist')
  const name = fs.existsSync(folder) ? fs.readdirSync(folder).find((file) => file.endsWith('.deb')) : undefined
  return name === undefined ? undefined : path.join(folder, name)
}

async function install(root, folder, deb) {
  fs.copyFileSync(deb, path.join(folder, 'tmp', 'abd-workbench.deb'))
  root.run('apt-get update -qq')
  await timed('Installing the .deb with what it depends on', async () =>
    root.run('apt-get install -y -qq --no-install-recommends /tmp/abd-workbench.deb'),
  )
  root.run(`id ${user} >/dev/null 2>&1 || useradd --create-home ${user}`)
  say(
    `  ${root.run('abd --version').trim()}, ${root.run('stat -c "%a %U" /opt/abd-workbench/chrome-sandbox').trim()} sandbox helper`,
  )
}

/** The first start: the page that fetches TensorFlow, then the program itself, without a restart. */
async function useWindow(root, { bundle }) {
  const window = root.start(
    ['abd-workbench', `--remote-debugging-port=${port}`, '--disable-gpu', '--workspace', `${home}/workspace`],
    { user, env: { DISPLAY: display } },
  )
  let output = ''
  for (const stream of [window.stdout, window.stderr]) stream.on('data', (chunk) => (output += chunk))
  try {
    const page = await timed('Opening the window', () => openPage(port))
    await page.shows('One thing is missing: TensorFlow')
    if (bundle !== undefined) {
      root.run(`abd runtime unpack /tmp/runtime.tar.gz`, { user })
    } else {
      await page.click('Fetch TensorFlow')
      await timed('Fetching TensorFlow in the window', () => page.shows('Run the demonstration', 900))
    }
    await timed('First steps of the quick preset', () => trainFirstSteps(root))
    page.close()
  } catch (error) {
    throw new Error(`${error.message}\n${output.slice(-3000)}`, { cause: error })
  } finally {
    await end(window)
  }
}

async function trainFirstSteps(root) {
  const abd = (line) => root.run(`abd ${line} --workspace ${home}/workspace`, { user })
  const { id } = JSON.parse(abd('run --preset quick --seed 0 --detach --json'))
  for (const deadline = Date.now() + 300_000; ; await delay(2000)) {
    const run = JSON.parse(abd(`show ${id} --json`))
    const stages = run.stages ?? run.run.stages
    if (stages.some(({ step }) => step >= 5)) break
    const failed = stages.find(({ state }) => state === 'failed')
    if (failed || Date.now() > deadline)
      throw new Error(`The run did not get to a fifth step: ${JSON.stringify(stages).slice(0, 2000)}`)
  }
  abd(`stop ${id}`)
}

/** What is left of the package itself; workspaces and caches are the user's. */
function traces(root) {
  return root
    .run(
      `find / -xdev \\( -path /proc -o -path /dev -o -path /home -o -path /root -o -path /tmp -o -path /var/log -o -path /var/cache/apt \\) -prune -o -iname '*abd-workbench*' -print -o -name abd -print; grep -rl abdrun /usr/share/mime /usr/share/applications 2>/dev/null || true`,
    )
    .trim()
}

async function check(folder, { deb, bundle }) {
  const screen = spawn('Xvfb', [display, '-screen', '0', '1440x900x24', '-ac', '-nolisten', 'tcp'], { stdio: 'ignore' })
  await delay(1500)
  const root = enterRoot(folder)
  try {
    say(root.run('. /etc/os-release && echo "$PRETTY_NAME"').trim())
    await install(root, folder, deb)
    if (bundle !== undefined) fs.copyFileSync(bundle, path.join(folder, 'tmp', 'runtime.tar.gz'))
    await useWindow(root, { bundle })
    await timed('Removing it', async () => root.run('apt-get purge -y -qq abd-workbench'))
    const left = traces(root)
    if (left !== '') throw new Error(`Purging left:\n${left}`)
    say(`Nothing of it is left but the user's: ${root.run(`ls -A ${home}`).trim().split('\n').join(' ')}`)
  } finally {
    root.leave()
    await end(screen)
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      suite: { type: 'string', default: 'bookworm' },
      root: { type: 'string' },
      bundle: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  })
  const why = refusal()
  const deb = findDeb()
  if (why !== undefined || deb === undefined) {
    say(`skipped: ${why ?? 'there is no .deb in dist (npm run package makes it)'}`)
    return
  }
  say(`${path.basename(deb)}: ${formatBytes(fs.statSync(deb).size)}`)
  const folder = values.root ?? fs.mkdtempSync(path.join(os.tmpdir(), 'abd-root-'))
  try {
    if (values.root === undefined) await timed(`An empty ${values.suite}`, async () => makeRoot(folder, values.suite))
    await check(folder, { deb, bundle: values.bundle })
    say('passed')
  } finally {
    if (values.root === undefined && !values.keep) fs.rmSync(folder, { recursive: true, force: true })
  }
}

main().catch(failWith)
