import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Header, list } from 'tar'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readRuntimeDescription } from '../../../src/main/engine/runtime/runtimeFile'
import { packRuntime } from '../../../src/main/setup/packRuntime'
import { runtimeFile } from '../../../src/main/setup/paths.mjs'
import { variants } from '../../../src/main/setup/pins.mjs'
import {
  describeRuntime,
  listVariants,
  useRuntime,
  variantDirectory,
  writeStamp,
} from '../../../src/main/setup/tensorflow.mjs'
import { unpackRuntime } from '../../../src/main/setup/unpackRuntime'

const pinned = vi.hoisted(() => ({
  library: 'the library '.repeat(5000),
  other: 'solver '.repeat(100),
}))
vi.mock('../../../src/main/setup/pins.mjs', async () => {
  const { createHash } = await import('node:crypto')
  const member = (text: string): object => ({
    bytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  })
  const wheels = [
    {
      project: 'tensorflow',
      version: '1',
      bytes: 99,
      sha256: 'a'.repeat(64),
      members: { 'tensorflow/libtensorflow_cc.so.2': member(pinned.library) },
      folders: ['tensorflow/include/'],
    },
    {
      project: 'solver',
      version: '1',
      bytes: 9,
      sha256: 'b'.repeat(64),
      members: { 'nvidia/solver/lib/solver.so': member(pinned.other) },
      links: { 'nvidia/blas/lib/solver.so': '../../solver/lib/solver.so' },
    },
  ]
  const variants = Object.fromEntries(['cpu', 'gpu'].map((id) => [id, { id, title: `Build ${id}`, wheels }]))
  return { tensorFlowVersion: '1', variants }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-bundle-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const progress = vi.fn()
const at = (name: string, root = join(folder, 'checkout')): Parameters<typeof unpackRuntime>[1] => ({
  root,
  cache: join(folder, name),
  report: { say: () => undefined, progress },
})
const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** A cache as the set-up leaves it in a checkout: libraries, a header, a binding. */
function installed(name: string): string {
  const cache = join(folder, name)
  const directory = variantDirectory(cache, variants.cpu)
  write(join(directory, 'tensorflow/libtensorflow_cc.so.2'), pinned.library)
  write(join(directory, 'nvidia/solver/lib/solver.so'), pinned.other)
  write(join(directory, 'tensorflow/include/a.h'), 'int a;')
  const runtime = describeRuntime(cache, variants.cpu, 'built-here')
  write(runtime.binding, 'the binding')
  writeStamp(directory, {
    wheels: {
      ['a'.repeat(64)]: [
        { name: 'tensorflow/libtensorflow_cc.so.2', bytes: pinned.library.length },
        { name: 'tensorflow/include/a.h', bytes: 6 },
      ],
      ['b'.repeat(64)]: [{ name: 'nvidia/solver/lib/solver.so', bytes: pinned.other.length }],
    },
  })
  useRuntime(cache, runtime)
  return directory
}

const bundleFile = (): string => join(folder, 'runtime.tar.gz')
async function packed(): Promise<string> {
  installed('one')
  await packRuntime(bundleFile(), at('one'))
  return bundleFile()
}

/** The entries of a tar, to be changed and put together again. */
function entriesOf(file: string): { name: string; body: Buffer; type?: string }[] {
  const bytes = gunzipSync(readFileSync(file))
  const entries = []
  for (let place = 0; ;) {
    const header = new Header(bytes, place)
    if (!header.path) return entries
    const body = bytes.subarray(place + 512, place + 512 + (header.size ?? 0))
    entries.push({ name: header.path, body })
    place += 512 + Math.ceil(body.length / 512) * 512
  }
}
function rewrite(entries: readonly { name: string; body: Buffer; type?: string }[]): string {
  const blocks = entries.flatMap(({ name, body, type = 'File' }) => {
    const block = Buffer.alloc(512)
    new Header({ path: name, size: body.length, mode: 0o644, type: type as 'File', linkpath: '/etc/passwd' }).encode(
      block,
      0,
    )
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
  })
  writeFileSync(bundleFile(), gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])))
  return bundleFile()
}

describe('a bundle', () => {
  it('brings the libraries and the binding to another machine, which then needs nothing else', async () => {
    const file = await packed()
    const result = await unpackRuntime(file, at('two'))
    expect(result).toMatchObject({ variant: 'cpu', bytes: statSync(file).size })
    const directory = variantDirectory(join(folder, 'two'), variants.cpu)
    expect(readFileSync(join(directory, 'tensorflow/libtensorflow_cc.so.2'), 'utf8')).toBe(pinned.library)
    expect(readFileSync(join(directory, 'nvidia/blas/lib/solver.so'), 'utf8')).toBe(pinned.other)
    expect(existsSync(join(directory, 'tensorflow/include'))).toBe(false)
    const description = readRuntimeDescription(runtimeFile(join(folder, 'two')))
    expect(readFileSync(description.binding, 'utf8')).toBe('the binding')
    expect(listVariants(join(folder, 'two'))[0]).toMatchObject({ id: 'cpu', installed: true, active: true })
    expect(progress.mock.calls.at(-1)?.[0]).toMatchObject({ phase: 'unpacking' })
  })

  it('takes the binding of the packaged application before the bundle’s', async () => {
    const root = join(folder, 'application')
    write(join(root, 'resources/binding/tfjs_binding.node'), 'the packaged binding')
    await unpackRuntime(await packed(), at('two', root))
    const { binding } = readRuntimeDescription(runtimeFile(join(folder, 'two')))
    expect(readFileSync(binding, 'utf8')).toBe('the packaged binding')
  })

  it('holds relative names of plain files alone, and is one that tar itself reads', async () => {
    const file = await packed()
    const names: string[] = []
    await list({ file, onReadEntry: (entry) => names.push(`${entry.type} ${entry.path}`) })
    expect(names).toEqual([
      'File manifest.json',
      'File tensorflow/libtensorflow_cc.so.2',
      'File nvidia/solver/lib/solver.so',
      'File binding/built-here/tfjs_binding.node',
    ])
  })

  it('is not made of a runtime that is not there, or whose library was changed', async () => {
    await expect(packRuntime(bundleFile(), at('none'))).rejects.toThrow(/not on this machine/)
    const directory = installed('one')
    write(join(directory, 'nvidia/solver/lib/solver.so'), 'x'.repeat(pinned.other.length))
    await expect(packRuntime(bundleFile(), at('one'))).rejects.toThrow(/is damaged, so it is not packed/)
    expect(readdirSync(folder).filter((name) => name.startsWith('runtime.tar.gz'))).toEqual([])
  })

  it('keeps the headers of a checkout that has built its binding', async () => {
    const file = await packed()
    const directory = installed('two')
    await unpackRuntime(file, at('two'))
    const stamp = JSON.parse(readFileSync(join(directory, '.abd-unpacked.json'), 'utf8')) as { wheels: object }
    expect(JSON.stringify(stamp.wheels)).toContain('include/a.h')
  })
})

describe('unpacking refuses', () => {
  const nothingUsed = (): void => {
    expect(existsSync(runtimeFile(join(folder, 'two')))).toBe(false)
    const lib = join(variantDirectory(join(folder, 'two'), variants.cpu), 'tensorflow/libtensorflow_cc.so.2')
    if (existsSync(lib)) expect(readFileSync(lib, 'utf8')).toBe(pinned.library)
  }
  afterEach(nothingUsed)
  const unpack = (file: string): Promise<unknown> => unpackRuntime(file, at('two'))
  type Manifest = { files: { name: string; bytes: number; sha256: string }[] }
  const changed = async (change: (manifest: Manifest) => void): Promise<string> => {
    const [first, ...rest] = entriesOf(await packed())
    const manifest = JSON.parse(first!.body.toString()) as Manifest
    change(manifest)
    return rewrite([{ name: 'manifest.json', body: Buffer.from(JSON.stringify(manifest)) }, ...rest])
  }

  it('a path that leads out of the cache, in the manifest or in the archive', async () => {
    const evil = { name: '../../evil.so', bytes: 4, sha256: createHash('sha256').update('evil').digest('hex') }
    await expect(unpack(await changed(({ files }) => files.push(evil)))).rejects.toThrow(/no part of the runtime/)
    const entries = entriesOf(await packed())
    const file = rewrite([entries[0]!, { name: evil.name, body: Buffer.from('evil') }, ...entries.slice(1)])
    await expect(unpack(file)).rejects.toThrow(/manifest does not promise/)
    expect(existsSync(join(folder, 'evil.so'))).toBe(false)
  })

  it('a link in place of a library', async () => {
    const [first] = entriesOf(await packed())
    const link = { name: 'tensorflow/libtensorflow_cc.so.2', body: Buffer.alloc(0), type: 'SymbolicLink' }
    await expect(unpack(rewrite([first!, link]))).rejects.toThrow(/manifest does not promise/)
  })

  it('a library whose bytes are others, though the manifest promises the pinned ones', async () => {
    const [first, library, ...rest] = entriesOf(await packed())
    const other = { ...library!, body: Buffer.alloc(library!.body.length, 'x') }
    await expect(unpack(rewrite([first!, other, ...rest]))).rejects.toThrow(
      /is damaged: its tensorflow.* another SHA-256/,
    )
  })

  it('a manifest with another hash than the pinned one, another version, or none of ours', async () => {
    const hash = await changed(({ files }) => (files[0]!.sha256 = '0'.repeat(64)))
    await expect(unpack(hash)).rejects.toThrow(/is not the pinned one/)
    const version = await changed((manifest) => Object.assign(manifest, { tensorFlowVersion: '9' }))
    await expect(unpack(version)).rejects.toMatchObject({ name: 'RefusedInputError', wanted: '1', got: '9' })
    const format = await changed((manifest) => Object.assign(manifest, { format: 'other' }))
    await expect(unpack(format)).rejects.toThrow(/no bundle of the runtime, or one of another version/)
  })

  it('an archive that lacks a promised file, one without a manifest, and what is no archive', async () => {
    const entries = entriesOf(await packed())
    await expect(unpack(rewrite(entries.slice(0, 2)))).rejects.toThrow(/cut short: nvidia\/solver/)
    await expect(unpack(rewrite(entries.slice(1)))).rejects.toThrow(/does not begin with a manifest/)
    writeFileSync(bundleFile(), readFileSync(await packed()).subarray(0, 300))
    await expect(unpack(bundleFile())).rejects.toThrow(/damaged or cut short/)
    writeFileSync(bundleFile(), 'no archive')
    await expect(unpack(bundleFile())).rejects.toThrow(/damaged or cut short/)
    await expect(unpack(join(folder, 'none'))).rejects.toThrow(/no such bundle/)
  })

  it('a manifest beyond its limit without reading it', async () => {
    const file = rewrite([{ name: 'manifest.json', body: Buffer.alloc((1 << 20) + 1, ' ') }])
    await expect(unpack(file)).rejects.toThrow(/does not begin with a manifest/)
  })
})
