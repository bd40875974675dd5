/**
 * Our readers beside PyTorch's, safetensors', NumPy's and SciPy's own, over files that are right or nearly so: where
 * both read a file they find the same, and what theirs refuse, ours refuse.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openMat5 } from '../../src/main/engine/families/datasets/files/mat5'
import { parseNpy } from '../../src/main/engine/families/datasets/files/npy'
import { importers } from '../../src/main/engine/families/importers'
import { requireReadable } from '../../src/main/engine/families/importers/readable'
import { readTensors } from '../../src/main/engine/weights/stored'
import { bytesOf } from '../../src/main/engine/weights/weightMap'
import { RefusedInputError } from '../../src/shared/errors'
import { randomOf } from '../fixtures/random'
import { temporaryFolder } from '../unit/importers/craft/files'
import { memorySource } from '../unit/importers/craft/memorySource'
import { askScript, hasModule } from './python'

interface Found {
  readonly dtype?: string
  readonly shape: readonly number[]
  readonly digest: string
}
type Answer = { readonly tensors: Readonly<Record<string, Found>> } | { readonly error: string }

const corpus = join(import.meta.dirname, '../fuzz/corpus')
const mutations = Number(process.env.MUTATIONS ?? 300)
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

async function weights(bytes: Buffer): Promise<Record<string, Found>> {
  const context = { head: bytes.subarray(0, 64), size: bytes.length, name: 'model.pt' }
  const format = importers.members.find(({ match }) => match(context))
  if (!format) throw new RefusedInputError('of no known format', { where: 'file' })
  const source = memorySource(bytes)
  const { networks, verify } = await format.open(source)
  await verify()
  const found: Record<string, Found> = {}
  for (const { key, tensors } of networks) {
    requireReadable(tensors, bytes.length)
    for (const [name, tensor] of await readTensors(source, tensors))
      found[key === '' ? name : `${key}.${name}`] = {
        dtype: tensor.dtype,
        shape: tensor.shape,
        digest: digest(bytesOf(tensor)),
      }
  }
  return found
}

async function matrices(bytes: Buffer): Promise<Record<string, Found>> {
  const { shapes, read } = await openMat5(bytes, { name: 'file', where: 'file', limit: 16_000_000 })
  const found: Record<string, Found> = {}
  for (const name of shapes.keys()) {
    const { shape, data } = await read(name)
    found[name] = { shape, digest: digest(new Uint8Array(Float64Array.from(data).buffer)) }
  }
  return found
}

function array(bytes: Buffer): Promise<Record<string, Found>> {
  const { dtype, shape, data } = parseNpy(bytes, 'file', 'file')
  return Promise.resolve({
    '': { dtype, shape, digest: digest(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) },
  })
}

interface Kind {
  readonly kind: string
  readonly module: string
  /** Folders of the corpus that its files come from. */
  readonly folders: readonly string[]
  read(bytes: Buffer): Promise<Record<string, Found>>
  /** Refusals of theirs that say nothing against a file that ours read, and why. */
  readonly theirs?: RegExp
}

const kinds: readonly Kind[] = [
  {
    kind: 'torch',
    module: 'torch',
    folders: ['torch-zip', 'torch-legacy'],
    read: weights,
    // Objects beside the weights, which are data here; keys that Python cannot hash.
    theirs: /Unsupported (global|operand|class)|weights_only|unhashable/i,
  },
  { kind: 'safetensors', module: 'safetensors', folders: ['safetensors'], read: weights },
  { kind: 'npy', module: 'numpy', folders: ['npy'], read: array },
  {
    kind: 'mat',
    module: 'scipy',
    folders: ['mat5'],
    read: matrices,
    // SciPy's own reader ends its process with some files.
    theirs: /ended with status/,
  },
]

/** Files of the corpus as they are, then with a byte or two changed, or cut. */
function casesOf({ folders }: Kind): Buffer[] {
  const random = randomOf(20_230_723)
  const whole = folders.flatMap((folder) =>
    readdirSync(join(corpus, folder))
      .filter((name) => !name.startsWith('found-'))
      .map((name) => readFileSync(join(corpus, folder, name))),
  )
  const nearly = Array.from({ length: mutations }, (_, index) => {
    const copy = Buffer.from(whole[index % whole.length] as Buffer)
    for (let change = 0; change <= Math.floor(random() * 2); change++)
      copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256)
    return random() < 0.1 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy
  })
  return [...whole, ...nearly]
}

async function ours({ read }: Kind, bytes: Buffer): Promise<Answer> {
  try {
    return { tensors: await read(bytes) }
  } catch (error) {
    if (!(error instanceof RefusedInputError)) throw error
    return { error: `${error.message} ${error.wanted ?? ''} ${error.got ?? ''}` }
  }
}

describe.each(kinds.map((kind) => [kind.kind, kind] as const))('%s', (name, kind) => {
  it.skipIf(!hasModule(kind.module))('the same files, the same tensors', { timeout: 600_000 }, async () => {
    const folder = join(temporaryFolder(), name)
    mkdirSync(folder, { recursive: true })
    const cases = new Map(casesOf(kind).map((bytes, index) => [`${name}-${String(index).padStart(5, '0')}`, bytes]))
    for (const [file, bytes] of cases) writeFileSync(join(folder, file), bytes)
    const answers = (await askScript('readers_check.py', folder)) as Record<string, Answer>
    const counts = { both: 0, neither: 0, stricter: 0 }
    const wrong: string[] = []
    for (const [file, bytes] of cases) {
      const [own, other] = [await ours(kind, bytes), answers[file] ?? { error: 'no answer' }]
      const said = `${file} (${bytes.toString('base64').slice(0, 4000)})`
      if ('tensors' in own && 'tensors' in other) {
        counts.both += 1
        if (JSON.stringify(sorted(own.tensors)) !== JSON.stringify(sorted(other.tensors)))
          wrong.push(`${said}: ${JSON.stringify(own.tensors)} in place of ${JSON.stringify(other.tensors)}`)
      } else if ('tensors' in own && 'error' in other) {
        if (kind.theirs?.test(other.error) !== true) wrong.push(`${said}: read; theirs: ${other.error}`)
      } else if ('tensors' in other) counts.stricter += 1
      else counts.neither += 1
    }
    process.stdout.write(`${name}: ${cases.size} files, ${JSON.stringify(counts)}\n`)
    expect(wrong).toEqual([])
    expect(counts.both).toBeGreaterThan(0)
  })
})

const sorted = (found: Readonly<Record<string, Found>>): [string, Found][] =>
  Object.entries(found)
    .map(([key, { dtype, shape, digest: hash }]): [string, Found] => [
      key,
      { ...(dtype === undefined ? {} : { dtype }), shape, digest: hash },
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1))
