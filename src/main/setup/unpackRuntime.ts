/** Unpacks a bundle of the runtime. */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable, Transform, pipeline as connect } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Header } from 'tar'
import { RefusedInputError } from '../../shared/errors'
import { packagedBinding } from './binding.mjs'
import {
  bindingLimit,
  checkManifest,
  isBinding,
  manifestLimit,
  manifestName,
  refused,
  variantOf,
  type BundleContents,
  type BundleFile,
  type BundleOptions,
  type Manifest,
} from './bundleManifest'
import { hashFile, requireDiskSpace } from './files.mjs'
import type { Variant } from './pins.mjs'
import { formatBytes } from './report.mjs'
import {
  describeRuntime,
  makeLinks,
  placePackagedBinding,
  readStamp,
  unpackedBytes,
  useRuntime,
  variantDirectory,
  wheelIsUnpacked,
  writeStamp,
} from './tensorflow.mjs'

/** One file in the archive; its body must be read before the next is asked for. */
interface Entry {
  readonly name: string
  readonly isFile: boolean
  readonly bytes: number
  body(): AsyncGenerator<Buffer>
}

/** Takes exact numbers of bytes out of a stream of chunks. */
class ByteTaker {
  private rest: Buffer = Buffer.alloc(0)
  private readonly chunks: AsyncIterator<Buffer>

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]()
  }

  /** `bytes` bytes, in pieces; fewer where the stream ends. */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (this.rest.length === 0) {
        const next = await this.chunks.next()
        if (next.done === true) return
        this.rest = next.value
      }
      const piece = this.rest.subarray(0, left)
      this.rest = this.rest.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  async whole(bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of this.take(bytes)) pieces.push(piece)
    return Buffer.concat(pieces)
  }
}

/** The entries of a tar, up to its end mark. */
async function* entriesOf(file: string, source: AsyncIterable<Buffer>): AsyncGenerator<Entry> {
  const taker = new ByteTaker(source)
  for (;;) {
    const block = await taker.whole(512)
    if (block.length === 512 && block.every((byte) => byte === 0)) return
    const header = block.length === 512 ? new Header(block, 0) : null
    if (header?.cksumValid !== true || header.path === undefined || header.size === undefined)
      throw refused(file, 'The bundle is damaged or cut short.')
    const bytes = header.size
    yield { name: header.path, isFile: header.type === 'File', bytes, body: () => taker.take(bytes) }
    await taker.whole((512 - (bytes % 512)) % 512)
  }
}

/** The bytes inside the gzip; what zlib says of a damaged one becomes a refusal. */
async function* unzipped(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const source = createReadStream(file, { highWaterMark: 1 << 18, signal })
  const gunzip = connect(source, createGunzip(), () => undefined) as unknown as AsyncIterable<Buffer>
  try {
    yield* gunzip
  } catch (error) {
    if (
      signal?.aborted ||
      !(error instanceof Error && /^Z_|ERR_STREAM_PREMATURE/.test((error as NodeJS.ErrnoException).code ?? ''))
    )
      throw error
    throw refused(file, 'The bundle is damaged or cut short.', { got: error.message })
  } finally {
    source.destroy()
  }
}

/** Writes one entry under its final name only when its bytes are the promised ones. */
async function placeFile(
  entry: Entry,
  target: string,
  { promised, tell, signal }: { promised: BundleFile; tell: (bytes: number) => void; signal?: AbortSignal },
): Promise<boolean> {
  mkdirSync(dirname(target), { recursive: true })
  const part = `${target}.part`
  const hash = createHash('sha256')
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      tell(chunk.length)
      done(null, chunk)
    },
  })
  await pipeline(Readable.from(entry.body(), { objectMode: false }), meter, createWriteStream(part, { mode: 0o755 }), {
    signal,
  })
  if (hash.digest('hex') !== promised.sha256) {
    rmSync(part, { force: true })
    return false
  }
  renameSync(part, target)
  return true
}

async function textOf(entry: Entry): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of entry.body()) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

/** Goes through the archive: the manifest first, then files that it promises, each once, nothing else. */
class BundleReader {
  private manifest: Manifest | null = null
  private readonly missing = new Map<string, BundleFile>()
  private done = 0

  constructor(
    private readonly file: string,
    private readonly options: BundleOptions,
  ) {}

  async take(entry: Entry): Promise<void> {
    const { file, options } = this
    if (this.manifest === null) {
      if (entry.name !== manifestName || !entry.isFile || entry.bytes > manifestLimit)
        throw refused(file, 'This is no bundle of the runtime: it does not begin with a manifest.')
      this.manifest = checkManifest(file, await textOf(entry))
      for (const promised of this.manifest.files) this.missing.set(promised.name, promised)
      const { wheels, title } = variantOf(this.manifest.variant)
      const needed = wheels.reduce((sum, wheel) => sum + unpackedBytes(wheel), bindingLimit)
      requireDiskSpace(options.cache, needed, title)
      return
    }
    const promised = this.missing.get(entry.name)
    if (promised === undefined || !entry.isFile || entry.bytes !== promised.bytes)
      throw refused(file, 'The bundle holds something that its manifest does not promise.', {
        got: `${entry.name.slice(0, 100)} (${entry.bytes} bytes)`,
      })
    const directory = variantDirectory(options.cache, variantOf(this.manifest.variant))
    if (!(await placeFile(entry, join(directory, promised.name), { promised, tell: this.tell(promised), ...options })))
      throw refused(file, `The bundle is damaged: its ${promised.name} has another SHA-256.`)
    this.missing.delete(promised.name)
  }

  finish(): Manifest {
    const [first] = this.missing.keys()
    if (this.manifest === null) throw refused(this.file, 'This is no bundle of the runtime: it is empty.')
    if (first !== undefined) throw refused(this.file, `The bundle is cut short: ${first} is missing.`)
    return this.manifest
  }

  private tell({ name }: BundleFile): (bytes: number) => void {
    const total = this.manifest?.files.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
    return (bytes) => {
      this.done += bytes
      this.options.report.progress({ phase: 'unpacking', item: name, done: this.done, total })
    }
  }
}

/** What runtime.json says after unpacking: the packaged binding, else the bundle's, else one that was built here. */
function runtimeOf(manifest: Manifest, { root, cache }: BundleOptions, file: string): object {
  const variant = variantOf(manifest.variant)
  if (packagedBinding(root) !== undefined) return placePackagedBinding(root, cache, variant) as object
  const brought = manifest.files.find(({ name }) => isBinding(name))
  if (brought === undefined)
    throw refused(file, 'The bundle has no binding, and this checkout has none either.', {
      wanted: 'a bundle that was packed in a checkout, or a packaged ABD Workbench',
    })
  return describeRuntime(cache, variant, brought.name.split('/')[1])
}

/** The libraries as the stamp lists them, so that nothing of them is fetched again. */
function noteUnpacked(directory: string, variant: Variant): void {
  const stamp = readStamp(directory) as { wheels: Record<string, { name: string; bytes: number }[]> }
  for (const wheel of variant.wheels) {
    const links = makeLinks(directory, wheel)
    // What is there with its headers stays as it is.
    if (wheelIsUnpacked(directory, wheel, stamp, true)) continue
    const members = Object.entries(wheel.members).map(([name, { bytes }]) => ({ name, bytes }))
    stamp.wheels[wheel.sha256] = [...members, ...links]
  }
  writeStamp(directory, stamp)
}

/**
 * Unpacks a bundle into the cache and makes it the runtime of this user. The caller holds the lock.
 * @throws RefusedInputError for whatever is not the pinned runtime, whole; nothing of it is then used
 */
export async function unpackRuntime(file: string, options: BundleOptions): Promise<BundleContents> {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat?.isFile() !== true)
    throw new RefusedInputError('There is no such bundle.', {
      where: file,
      action: 'Name the file that "abd runtime pack" wrote.',
    })
  options.report.say(`Unpacking ${file} (${formatBytes(stat.size)}) …`)
  const reader = new BundleReader(file, options)
  for await (const entry of entriesOf(file, unzipped(file, options.signal))) await reader.take(entry)
  const manifest = reader.finish()
  const variant = variantOf(manifest.variant)
  const runtime = runtimeOf(manifest, options, file)
  noteUnpacked(variantDirectory(options.cache, variant), variant)
  useRuntime(options.cache, runtime)
  return { variant: manifest.variant, bytes: stat.size, sha256: await hashFile(file, options.signal) }
}
