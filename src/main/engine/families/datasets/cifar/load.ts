/** What CIFAR-10 and CIFAR-100 have in common: the versions of their page hold the same images in other files. */
import { basename } from 'node:path'
import { createYielding, type Yielding } from '../../../images/yielding'
import { matchNamedFiles, openNamedFiles, requireFiles, type NamedFiles } from '../files/namedFiles'
import type { DatasetContext, FoundData, LayoutMatch, LoadedDataset } from '../types'
import type { ImageSet, Normalization } from '../../../images/types'
import { matlabToRecords } from './matlabBatches'
import { toNameLines, toRecords } from './pythonBatches'
import { readClassNames, readRecords, type BatchFile, type RecordLayout } from './records'

/** 1.6 GB: ten times the largest official file. */
const fileLimit = 1_600_000_000
const officialTrain = 50_000
const officialTest = 10_000

interface CifarVersion {
  readonly folderName: string
  readonly train: readonly string[]
  readonly test: string
}
/** With a file of names, and which of its files tell it each alone. */
interface NamedVersion extends CifarVersion {
  readonly namesFile: string
  readonly telling: readonly string[]
}

export interface CifarKind {
  readonly id: string
  readonly title: string
  readonly binary: CifarVersion
  readonly python: NamedVersion
  readonly matlab: NamedVersion
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
export const actionOf = ({ binary, python, matlab }: CifarKind): string =>
  `Name the folder ${binary.folderName}, ${python.folderName} or ${matlab.folderName}, the folder around it, or its archive (any version on the CIFAR page).`

const versions = ['binary', 'python', 'matlab'] as const
type VersionName = (typeof versions)[number]

/** The version that a folder's or archive's names tell. @throws RefusedInputError naming every missing file */
function chooseVersion(kind: CifarKind, files: NamedFiles): VersionName {
  const holds = (version: VersionName): boolean => filesOf(kind[version]).some((name) => files.names.includes(name))
  const version =
    versions.find(holds) ?? versions.find((one) => kind[one].folderName === basename(files.where)) ?? 'binary'
  requireFiles(files, filesOf(kind[version]), kind.title, actionOf(kind))
  return version
}

type ToRecords = (
  file: BatchFile,
  layout: RecordLayout,
  where: string,
  yielding: Yielding,
) => Promise<BatchFile & { readonly note?: string | null }>
const toBinary: Readonly<Record<VersionName, ToRecords>> = {
  binary: (file) => Promise.resolve(file),
  python: toRecords,
  matlab: matlabToRecords,
}

/** Reads any version; every record is checked. */
export async function loadCifar(
  kind: CifarKind,
  level: CifarLevel,
  folder: string,
  context: DatasetContext,
): Promise<LoadedDataset> {
  const { id, title, binary, python, matlab, normalization } = kind
  const { layout, fallback } = level
  const wanted = {
    title,
    folderNames: [binary.folderName, python.folderName, matlab.folderName],
    files: [...filesOf(binary), level.namesFile, ...filesOf(python), python.namesFile, ...filesOf(matlab)],
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
      const { note, ...records } = await toBinary[version](batch, layout, files.where, yielding)
      if (note) scales.add(note)
      batches.push(records)
      await yielding.pause()
    }
    return readRecords(batches, layout, files.where, yielding)
  }
  const train = await read(kind[version].train, 0)
  const test = await read([kind[version].test], 0.8)
  const namesFile = version === 'python' ? python.namesFile : level.namesFile
  const named = version !== 'matlab' && files.names.includes(namesFile)
  const notes = [...scales]
  if (version === 'matlab') notes.push(`The MATLAB version’s names are not read: ${fallback.note}.`)
  else if (!named) notes.push(`${namesFile} is absent: ${fallback.note}.`)
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
  const { binary, python, matlab } = kind
  return matchNamedFiles(found, {
    folderNames: versions.map((version) => kind[version].folderName),
    files: versions.flatMap((version) => filesOf(kind[version])),
    versions: versions.map((version) => filesOf(kind[version]).map((name) => [name])),
    archive: kind.archive,
    tells: (names) =>
      [
        ...versions.map((version) => kind[version].folderName),
        ...[...filesOf(binary), ...python.telling, ...matlab.telling],
      ].some((name) => names.includes(name)) ||
      [python, matlab].some((version) =>
        [...filesOf(version), version.namesFile].every((name) => names.includes(name)),
      ),
    check: (files) => {
      chooseVersion(kind, files)
    },
  })
}
