/**
 * Fetches pinned wheels with pip, so that its settings (index, proxy, certificates, extra links) hold without our
 * reading them.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { hashFile } from './files.mjs'
import { wheelTags } from './pins.mjs'
import { SetupError, formatBytes, say } from './report.mjs'

const pipCommands = [['python3', '-m', 'pip'], ['pip3'], ['pip']]

const networkWords =
  /name resolution|Name or service not known|Network is unreachable|No route to host|Connection refused|ConnectionError|NewConnectionError|ConnectTimeout|ReadTimeout|timed out|ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED|Connection broken|Connection reset/i
const diskWords = /No space left on device|Errno 28/i

/**
 * Runs a command, its stdout shown on our stderr unless quiet; resolves to the exit status and what it wrote to stderr.
 */
function runCommand([command, ...parameters], { quiet = false } = {}) {
  return new Promise((resolve) => {
    let errors = ''
    const child = spawn(command, parameters, { stdio: ['ignore', quiet ? 'ignore' : 2, 'pipe'] })
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-20_000)
    })
    child.on('error', (error) => resolve({ status: 127, errors: error.message }))
    child.on('close', (status) => resolve({ status: status ?? 1, errors }))
  })
}

/** The first pip that answers. */
async function findPip(run) {
  for (const command of pipCommands) {
    const answer = await run([...command, '--version'], { quiet: true })
    if (answer.status === 0) return command
  }
  throw new SetupError(
    'No pip was found, which fetches the TensorFlow libraries: install it (Debian or Ubuntu: sudo apt-get install python3-pip; Fedora: sudo dnf install python3-pip) and start again.',
  )
}

/** Turns pip's failure into one sentence. */
export function explainPipFailure(wheel, errors) {
  const what = `${wheel.project} ${wheel.version} (${formatBytes(wheel.bytes)})`
  if (diskWords.test(errors))
    return new SetupError(
      `The disk filled up while fetching ${what}: free some space (pip also uses ${process.env.TMPDIR ?? '/tmp'}) and start again.`,
    )
  if (networkWords.test(errors))
    return new SetupError(
      `The package index could not be reached for ${what}: connect to the network, or set pip's index, proxy or certificate (pip config), and start again; what is already fetched is kept.`,
    )
  if (/DO NOT MATCH THE HASHES/i.test(errors))
    return new SetupError(
      `The package index gave another file than the pinned ${what}: its SHA-256 differs, so it is not used; ask pip for the original index (pip config list) and start again.`,
    )
  if (/No matching distribution|Could not find a version/i.test(errors))
    return new SetupError(
      `The package index has no ${what}: pip's index (pip config list) must offer it or pass it on from pypi.org; where pip may be too old, "python3 -m pip install --upgrade pip" helps.`,
    )
  return new SetupError(`pip could not fetch ${what}: ${errors.trim().split('\n').pop() ?? 'it gave no reason'}`)
}

/**
 * The arguments of `pip download` for one wheel; the hash is in a requirements file because pip takes it nowhere else.
 */
export function pipDownloadArguments(requirements, destination, tags = wheelTags) {
  return [
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    '--disable-pip-version-check',
    ...tags.platforms.flatMap((platform) => ['--platform', platform]),
    '--python-version',
    tags.python,
    '--implementation',
    tags.implementation,
    '--abi',
    tags.abi,
    '--dest',
    destination,
    '--requirement',
    requirements,
  ]
}

/**
 * Fetches one wheel into `directory` and returns its path. The wheel gets its name there only when its SHA-256 is
 * right,
 * so an interrupted download is never taken for a whole one.
 */
export async function downloadWheel(wheel, directory, { run = runCommand, tags = wheelTags } = {}) {
  const target = path.join(directory, `${wheel.project}-${wheel.version}.whl`)
  if (fs.existsSync(target) && fs.statSync(target).size === wheel.bytes) {
    say(`${wheel.project} ${wheel.version} (${formatBytes(wheel.bytes)}) is already fetched.`)
    return target
  }
  const staging = path.join(directory, `${wheel.project}-${wheel.version}.part`)
  fs.rmSync(staging, { recursive: true, force: true })
  fs.mkdirSync(staging, { recursive: true })
  const requirements = path.join(staging, 'requirements.txt')
  fs.writeFileSync(requirements, `${wheel.project}==${wheel.version} --hash=sha256:${wheel.sha256}\n`)
  const pip = await findPip(run)
  say(`Fetching ${wheel.project} ${wheel.version} (${formatBytes(wheel.bytes)}) with ${pip.join(' ')} …`)
  const result = await run([...pip, ...pipDownloadArguments(requirements, staging, tags)])
  if (result.status !== 0) throw explainPipFailure(wheel, result.errors)
  const fetched = fs.readdirSync(staging).find((name) => name.endsWith('.whl'))
  if (fetched === undefined || (await hashFile(path.join(staging, fetched))) !== wheel.sha256)
    throw explainPipFailure(wheel, 'DO NOT MATCH THE HASHES')
  fs.renameSync(path.join(staging, fetched), target)
  fs.rmSync(staging, { recursive: true, force: true })
  return target
}
