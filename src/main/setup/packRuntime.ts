/** Packs the runtime into a bundle. */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { Header } from 'tar'
import { howToInstallRuntime, type RuntimeVariantId } from '../../shared/domain'
import { UserError } from '../../shared/errors'
import {
  isBinding,
  manifestName,
  pinnedFiles,
  variantOf,
  type BundleContents,
  type BundleFile,
  type BundleOptions,
  type Manifest,
} from './bundleManifest'
import { hashFile, readJson } from './files.mjs'
import { runtimeFile } from './paths.mjs'
import { tensorFlowVersion, type Variant } from './pins.mjs'
import { readStamp, variantDirectory, wheelIsUnpacked } from './tensorflow.mjs'

/** The files of the installed variant, each with its path here. @throws UserError where it is not whole */
async function filesToPack(
  { cache }: BundleOptions,
  wanted: RuntimeVariantId | undefined,
): Promise<{ variant: Variant; files: (BundleFile & { path: string })[] }> {
  const active = readJson(runtimeFile(cache)) as { variant?: RuntimeVariantId; binding?: string } | undefined
  const variant = variantOf(wanted ?? (active?.variant === 'gpu' ? 'gpu' : 'cpu'))
  const directory = variantDirectory(cache, variant)
  const stamp = readStamp(directory)
  if (!variant.wheels.every((wheel) => wheelIsUnpacked(directory, wheel, stamp)))
    throw new UserError(`${variant.title} is not on this machine, so it cannot be packed.`, {
      where: directory,
      action: `Run "abd runtime install --variant ${variant.id}" first.`,
    })
  const files = pinnedFiles(variant).map((file) => ({ ...file, path: join(directory, file.name) }))
  // A package brings its own binding; one that a checkout has built goes along for machines without a compiler.
  const binding = active?.binding
  const name = binding === undefined ? '' : relative(directory, binding)
  if (binding !== undefined && isBinding(name) && existsSync(binding))
    files.push({ name, bytes: statSync(binding).size, sha256: await hashFile(binding), path: binding })
  return { variant, files }
}

function tarHeader(name: string, size: number, mode: number): Buffer {
  const block = Buffer.alloc(512)
  new Header({ path: name, size, mode, type: 'File', uid: 0, gid: 0, mtime: new Date(0) }).encode(block, 0)
  return block
}

const padding = (bytes: number): Buffer => Buffer.alloc((512 - (bytes % 512)) % 512)

/** The archive's bytes; each file is hashed on its way, so a library that was changed on the disk is not passed on. */
async function* archive(
  manifest: Manifest,
  files: readonly (BundleFile & { path: string })[],
  tell: (name: string, bytes: number) => void,
): AsyncGenerator<Buffer> {
  const head = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  yield Buffer.concat([tarHeader(manifestName, head.length, 0o644), head, padding(head.length)])
  for (const { name, bytes, sha256, path } of files) {
    yield tarHeader(name, bytes, 0o755)
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      hash.update(chunk as Buffer)
      tell(name, (chunk as Buffer).length)
      yield chunk as Buffer
    }
    if (hash.digest('hex') !== sha256)
      throw new UserError('A file of the runtime is damaged, so it is not packed.', {
        wanted: `SHA-256 ${sha256}`,
        where: path,
        action: `Delete the file. ${howToInstallRuntime}`,
      })
    yield padding(bytes)
  }
  yield Buffer.alloc(1024)
}

/**
 * Writes the bundle to `file`, which gets its name only when whole.
 * @throws UserError where the runtime is not installed or damaged
 */
export async function packRuntime(
  file: string,
  options: BundleOptions & { readonly variant?: RuntimeVariantId },
): Promise<BundleContents> {
  const { variant, files } = await filesToPack(options, options.variant)
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const manifest: Manifest = {
    format: 'abd-runtime-bundle',
    version: 1,
    variant: variant.id,
    tensorFlowVersion,
    files: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
  }
  let done = 0
  const tell = (item: string, bytes: number): void => {
    done += bytes
    options.report.progress({ phase: 'packing', item, done, total })
  }
  const part = `${file}.part`
  mkdirSync(dirname(file), { recursive: true })
  try {
    await pipeline(
      Readable.from(archive(manifest, files, tell), { objectMode: false }),
      createGzip({ level: 6 }),
      createWriteStream(part),
      { signal: options.signal },
    )
    renameSync(part, file)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
  return { variant: manifest.variant, bytes: statSync(file).size, sha256: await hashFile(file) }
}
