/** What CIFAR-10 and CIFAR-100 have in common: the versions of their page hold the same images in other files. */
import { basename } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { createYielding } from '../../../images/yielding'
import { matchNamedFiles, openNamedFiles, requireFiles, type NamedFiles } from '../files/namedFiles'
import type { DatasetContext, FoundData, LayoutMatch, LoadedDataset } from '../types'
import type { ImageSet, Normalization } from '../../../images/types'
import { toNameLines, toRecords } from './pythonBatches'
import { readClassNames, readRecords, type RecordLayout } from './records'

/** 1.6 GB: ten times the largest official file. */
const fileLimit = 1_600_000_000
const officialTrain = 50_000
const officialTest = 10_000

interface CifarVersion {
  readonly folderName: string
  readonly train: readonly string[]
  readonly test: string
}

export interface CifarKind {
  readonly id: string
  readonly title: string
  readonly binary: CifarVersion
  readonly python: CifarVersion & {
    readonly namesFile: string
    /** Names of its files that tell it each alone. */
    readonly telling: readonly string[]
  }
  readonly matlab: readonly string[]
  /** Names of the official archives. */
  readonly archive: RegExp
  readonly normalization: Normalization
}

/** Which of a record's labels is the class, and how the classes are called. */
export interface CifarLevel {
  readonly layout: RecordLayout
  readonly namesFile: string
  readonly pythonNames: string
  /** Where the names file is absent. */
  readonly fallback: { readonly names: readonly string[]; readonly note: string }
}

const filesOf = (version: CifarVersion): string[] => [...version.train, version.test]
export const actionOf = ({ binary, python }: CifarKind): string =>
  `Name the folder ${binary.folderName} or ${python.folderName}, the folder around it, or its archive ("binary version" or "python version" on the CIFAR page).`

/**
 * The version that a folder's or archive's names tell. @throws RefusedInputError naming another version, or every
 * missing file
 */
function chooseVersion(kind: CifarKind, files: NamedFiles): 'binary' | 'python' {
  const { title, binary, python } = kind
  const holds = (names: readonly string[]): boolean => names.some((name) => files.names.includes(name))
  const version =
    !holds(filesOf(binary)) && (basename(files.where) === python.folderName || holds(filesOf(python)))
      ? 'python'
      : 'binary'
  if (version === 'binary' && !holds(filesOf(binary)) && holds(kind.matlab)) {
    throw new RefusedInputError(
      `This is the Matlab version of ${title}; the binary and the Python version are read here.`,
      {
        wanted: filesOf(binary).join(', '),
        got: 'the Matlab version',
        where: files.where,
        action: `${actionOf(kind)} Their images are the same.`,
      },
    )
  }
  requireFiles(files, filesOf(kind[version]), title, actionOf(kind))
  return version
}

/** Reads either version; every record is checked. */
export async function loadCifar(
  kind: CifarKind,
  level: CifarLevel,
  folder: string,
  context: DatasetContext,
): Promise<LoadedDataset> {
  const { id, title, binary, python, normalization } = kind
  const { layout, fallback } = level
  const wanted = {
    title,
    folderNames: [binary.folderName, python.folderName],
    files: [...filesOf(binary), level.namesFile, ...filesOf(python), python.namesFile],
    action: actionOf(kind),
  }
  const files = await openNamedFiles(folder, wanted, context)
  const version = chooseVersion(kind, files)
  const yielding = createYielding(context.signal)
  const scales = new Set<string>()
  const read = async (names: readonly string[], done: number): Promise<ImageSet> => {
    const batches = []
    for (const [index, name] of names.entries()) {
      context.onProgress?.(done + (0.8 * index) / names.length, `Reading ${name}`)
      const batch = { name, bytes: await files.read(name, fileLimit) }
      if (version === 'python') {
        const { note, ...records } = await toRecords(batch, layout, files.where, yielding)
        if (note !== null) scales.add(note)
        batches.push(records)
      } else batches.push(batch)
      await yielding.pause()
    }
    return readRecords(batches, layout, files.where, yielding)
  }
  const train = await read(kind[version].train, 0)
  const test = await read([kind[version].test], 0.8)
  const namesFile = version === 'python' ? python.namesFile : level.namesFile
  const named = files.names.includes(namesFile)
  const notes = [...scales]
  if (!named) notes.push(`${namesFile} is absent: ${fallback.note}.`)
  if (train.count !== officialTrain || test.count !== officialTest) {
    notes.push(
      `This copy has ${train.count.toLocaleString('en-US')} + ${test.count.toLocaleString('en-US')} images instead of 50,000 + 10,000: results on it are not results on ${title}.`,
    )
  }
  const readNames = async (): Promise<string[]> => {
    const bytes = await files.read(namesFile, 1 << 16)
    return readClassNames(
      version === 'python'
        ? await toNameLines({ name: namesFile, bytes }, level.pythonNames, files.where, yielding)
        : bytes,
      fallback.names.length,
      namesFile,
      files.where,
    )
  }
  return { id, title, train, test, notes, classNames: named ? await readNames() : fallback.names, normalization }
}

/** Looks at names only. */
export function matchCifar(kind: CifarKind, found: FoundData): Promise<LayoutMatch<{ folder: string }>> {
  const { binary, python } = kind
  return matchNamedFiles(found, {
    folderNames: [binary.folderName, python.folderName],
    files: [...filesOf(binary), ...filesOf(python)],
    versions: [binary, python].map((version) => filesOf(version).map((name) => [name])),
    archive: kind.archive,
    tells: (names) =>
      [binary.folderName, python.folderName, ...filesOf(binary), ...python.telling, ...kind.matlab].some((name) =>
        names.includes(name),
      ) || [...filesOf(python), python.namesFile].every((name) => names.includes(name)),
    check: (files) => {
      chooseVersion(kind, files)
    },
  })
}
