/**
 * PyTorch's zip format (torch.save since 1.6): <root>/data.pkl describes the objects, <root>/data/<key> holds each
 * storage.
 * Reference: pytorch/pytorch torch/serialization.py, caffe2/serialize/inline_container.h.
 */
import { RefusedInputError } from '../../../../../shared/errors'
import type { ByteSource } from '../../../weights/byteSource'
import { defineImporter, type OpenedCheckpoint } from '../types'
import { importLimits } from '../../../weights/importLimits'
import { runPickle } from '../pickle/machine'
import { quoteFromFile } from '../../../weights/fileText'
import { placeTensors, type SavedObjects } from './placement'
import { findNetworks } from './networks'
import { foreignFindings } from './objects'
import { createStorageTable, type StorageRecord } from './storages'
import { openZip, type ZipArchive, type ZipEntry } from './zipArchive'

export const torchZip = defineImporter({
  id: 'torch-zip',
  title: 'PyTorch (zip)',
  summary:
    'The format of torch.save since 1.6: a zip of a pickle and the storages; read by a machine that executes nothing.',
  extensions: ['.pt', '.pth', '.ckpt'],
  reference: {
    citation: 'PyTorch, torch/serialization.py',
    link: 'https://github.com/pytorch/pytorch',
    place: '_save',
  },
  match: ({ head }) => head.length >= 4 && head[0] === 0x50 && head[1] === 0x4b,
  open: openTorchZip,
})

async function openTorchZip(source: ByteSource): Promise<OpenedCheckpoint> {
  const { value, foreign, startOf, verify, unreferenced } = await readTorchZip(source)
  const found = findNetworks(value)
  return {
    networks: found.networks.map(({ key, tensors }) => ({ key, tensors: placeTensors(tensors, startOf) })),
    metadata: {},
    ignored: [...found.ignored, ...unreferenced],
    findings: foreignFindings(foreign),
    advice: found.advice,
    verify,
  }
}

/** What the program of the archive left behind, whatever that is. */
export async function readTorchZip(
  source: ByteSource,
): Promise<SavedObjects & { unreferenced: OpenedCheckpoint['ignored'] }> {
  let root = ''
  const archive = await openZip(source, (names) => {
    refuseOtherKinds(names)
    root = rootOf([...names])
  })
  await requireLittleEndian(archive, root)
  const { value, foreign, program, records } = await readProgram(archive, required(archive, `${root}/data.pkl`))
  for (const record of records.values()) requireSize(archive, root, record)
  return {
    value,
    foreign,
    program,
    startOf: (storage) => required(archive, `${root}/data/${storage}`).start,
    unreferenced: unreferenced(archive, root, records),
    verify: async () => {
      for (const entry of archive.entries.values()) await archive.verify(entry)
    },
  }
}

/** Says what a zip without a state_dict is, by its names. */
function refuseOtherKinds(names: ReadonlySet<string>): void {
  const has = (pattern: RegExp): boolean => [...names].some((name) => pattern.test(name))
  const kind = has(/^[^/]+\/(constants\.pkl|code\/)/)
    ? {
        name: 'a TorchScript program',
        action: `Where PyTorch is: torch.save(torch.jit.load(path).state_dict(), "weights.pth"), ${onnxLine('torch.jit.load(path)')}`,
      }
    : has(/(^|\/)archive_format$|(^|\/)models\/[^/]+\.json$/)
      ? {
          name: 'an exported program (.pt2)',
          action: `Where PyTorch is: torch.save(torch.export.load(path).state_dict, "weights.pth"), ${onnxLine('torch.export.load(path).module()')}`,
        }
      : has(/^MAR-INF\//)
        ? { name: 'a TorchServe archive (.mar)', action: 'Take the weights file out of the archive.' }
        : has(/\.npy$/)
          ? { name: 'a NumPy archive (.npz)', action: 'Save the arrays by name as safetensors, or a state_dict.' }
          : null
  if (kind === null) return
  throw new RefusedInputError(`The file is ${kind.name}, not a checkpoint.`, {
    wanted: 'a state_dict saved with torch.save',
    got: kind.name,
    where: 'zip directory',
    action: kind.action,
  })
}

const onnxLine = (model: string): string => `or torch.onnx.export(${model}, torch.zeros(1, 3, 32, 32), "model.onnx").`

/** Every entry lies under one root folder that has one data.pkl. */
function rootOf(names: readonly string[]): string {
  const programs = names.filter((name) => name === 'data.pkl' || name.endsWith('/data.pkl'))
  const [program] = programs
  if (programs.length !== 1 || program === undefined || program.split('/').length !== 2) {
    throw new RefusedInputError(
      programs.length > 1 ? 'The archive has two programs data.pkl.' : 'The zip archive is no PyTorch checkpoint.',
      {
        wanted: 'one folder with one data.pkl',
        got:
          programs.length === 0
            ? `entries ${names.slice(0, 5).map(quoteFromFile).join(', ')}`
            : programs.slice(0, 5).map(quoteFromFile).join(', '),
        where: 'zip directory',
      },
    )
  }
  const root = program.slice(0, -'/data.pkl'.length)
  const stray = names.find((name) => !name.startsWith(`${root}/`))
  if (stray !== undefined)
    throw new RefusedInputError('The archive has two root folders.', {
      wanted: `everything under ${quoteFromFile(root)}`,
      got: quoteFromFile(stray),
      where: 'zip directory',
    })
  return root
}

function required(archive: ZipArchive, name: string): ZipEntry {
  const entry = archive.entries.get(name)
  if (!entry)
    throw new RefusedInputError('The archive lacks a part that its program refers to.', {
      wanted: quoteFromFile(name),
      got: 'nothing',
      where: 'zip directory',
    })
  return entry
}

async function requireLittleEndian(archive: ZipArchive, root: string): Promise<void> {
  const entry = archive.entries.get(`${root}/byteorder`)
  if (!entry) return
  if (entry.size > 16)
    throw new RefusedInputError('The byte order of the file is unknown.', {
      wanted: 'little',
      got: `${entry.size} bytes`,
      where: quoteFromFile(entry.name),
    })
  const order = (await archive.read(entry)).toString('latin1')
  if (order !== 'little') {
    throw new RefusedInputError('The file was written on a big-endian machine.', {
      wanted: 'little',
      got: quoteFromFile(order),
      where: quoteFromFile(entry.name),
      action: 'Save it again on a little-endian machine.',
    })
  }
}

async function readProgram(
  archive: ZipArchive,
  entry: ZipEntry,
): Promise<Pick<SavedObjects, 'value' | 'foreign' | 'program'> & { records: Map<string, StorageRecord> }> {
  if (entry.size > importLimits.pickleBytes) {
    throw new RefusedInputError('The program of the checkpoint is too large.', {
      wanted: `at most ${importLimits.pickleBytes} bytes`,
      got: `${entry.size} bytes`,
      where: quoteFromFile(entry.name),
    })
  }
  const bytes = await archive.read(entry)
  const table = createStorageTable()
  const { value, foreign, end } = runPickle(bytes, 0, table.load)
  if (end !== bytes.length)
    throw new RefusedInputError('Bytes follow the end of the pickle.', {
      wanted: `${end} bytes`,
      got: `${bytes.length} bytes`,
      where: quoteFromFile(entry.name),
    })
  return { value, foreign, program: bytes, records: table.records }
}

function requireSize(archive: ZipArchive, root: string, record: StorageRecord): void {
  const entry = required(archive, `${root}/data/${record.key}`)
  const wanted = record.count * record.elementBytes
  if (entry.size !== wanted)
    throw new RefusedInputError('A storage of the archive has the wrong size.', {
      wanted: `${wanted} bytes`,
      got: `${entry.size} bytes`,
      where: quoteFromFile(entry.name),
    })
}

function unreferenced(
  archive: ZipArchive,
  root: string,
  records: ReadonlyMap<string, StorageRecord>,
): OpenedCheckpoint['ignored'] {
  const prefix = `${root}/data/`
  return [...archive.entries.keys()]
    .filter((name) => name.startsWith(prefix) && !records.has(name.slice(prefix.length)))
    .map((name) => ({ path: name, beside: '', reason: 'no object of the file refers to it' }))
}
