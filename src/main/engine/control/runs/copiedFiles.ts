/**
 * The files that an experiment names, copied into the run's folder: the original may change or go while the run waits.
 */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { withConfigValue, type ExperimentConfig } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { writeAtomically } from '../../weights/atomicFile'
import { openFileSource, type FileSource } from '../../weights/byteSource'
import type { MemberTable } from '../experiments/memberTable'
import { namedFiles, type NamedFile } from '../experiments/namedFiles'

const chunkBytes = 1 << 20

/** Where a teacher's stage keeps the original that it was imported from. */
export const importedTeacherFile = (stageFolder: string, config: ExperimentConfig): string =>
  join(stageFolder, `imported${extname(config.teacher.file)}`)

/**
 * Copies the teacher's file to where the run keeps it.
 * Only a regular file is read, so a pipe cannot hold the queue, and half a copy is never left behind.
 * @throws RefusedInputError when the file is absent, unreadable, not a regular file, or written to meanwhile
 */
export const copyTeacherFile = (file: string, target: string): Promise<void> =>
  copyFile(file, target, 'The teacher file cannot be read.', {
    wanted: 'a readable weights file',
    where: file,
    action: 'Check the path in the experiment.',
  })

interface Refusal {
  readonly wanted: string
  readonly where: string
  readonly action: string
}

async function copyFile(file: string, target: string, message: string, refusal: Refusal): Promise<void> {
  const source = await openFileSource(file).catch((error: unknown) => {
    throw new RefusedInputError(message, { ...refusal, cause: error })
  })
  try {
    await writeAtomically(target, chunksOf(source))
  } finally {
    await source.close()
  }
}

/** @throws RefusedInputError at the end, where the file was written to meanwhile */
async function* chunksOf(source: FileSource): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < source.size; offset += chunkBytes)
    yield await source.read(offset, Math.min(chunkBytes, source.size - offset))
  await source.assertUnchanged()
}

/** Under its own name, which messages tell. */
const copyOf = (runFolder: string, { path, file }: NamedFile): string => join(runFolder, 'data', path, basename(file))

/**
 * Copies what the method's parameters name; `anew` also where a copy lies already.
 * @throws RefusedInputError naming parameter and file
 */
export async function copyNamedFiles(
  config: ExperimentConfig,
  table: MemberTable,
  runFolder: string,
  { anew }: { anew: boolean },
): Promise<void> {
  for (const named of namedFiles(config, table)) {
    const target = copyOf(runFolder, named)
    if (!anew && existsSync(target)) continue
    await mkdir(dirname(target), { recursive: true })
    await copyFile(named.file, target, `The file that the method is made from cannot be read: ${named.file}.`, {
      wanted: 'a readable file',
      where: named.path,
      action: 'Choose another file, or put this one back.',
    })
  }
}

/** The experiment as its trainers see it: with the copies in place of the originals. */
export const withCopiedFiles = (config: ExperimentConfig, table: MemberTable, runFolder: string): ExperimentConfig =>
  namedFiles(config, table).reduce(
    (changed, named) => withConfigValue(changed, named.path, copyOf(runFolder, named)) as ExperimentConfig,
    config,
  )

/** The same for a run whose files may never have been copied. */
export const withCopiesThatExist = (
  config: ExperimentConfig,
  table: MemberTable,
  runFolder: string,
): ExperimentConfig =>
  namedFiles(config, table).reduce((changed, named) => {
    const copy = copyOf(runFolder, named)
    return existsSync(copy) ? (withConfigValue(changed, named.path, copy) as ExperimentConfig) : changed
  }, config)
