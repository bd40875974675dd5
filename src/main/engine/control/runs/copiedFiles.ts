/**
 * The files that an experiment names, brought into the run's folder: the original may change or go while the run waits.
 */
import { existsSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ExperimentConfig } from '../../../../shared/domain'
import { withConfigValue } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { openFileSource, type FileSource } from '../../weights/byteSource'
import type { MemberTable } from '../experiments/memberTable'
import { namedFiles, type NamedFile } from '../experiments/namedFiles'

const chunkBytes = 1 << 20

/**
 * Copies the teacher's file at `file` to `target`.
 * Only a regular file is read, so a pipe cannot hold the queue, and half a copy is never left behind.
 * @throws RefusedInputError when the file is absent, unreadable, not a regular file, or written to meanwhile
 */
export const bringTeacher = (file: string, target: string): Promise<void> =>
  bringFile(file, target, 'The teacher file cannot be read.', {
    wanted: 'a readable weights file',
    where: file,
    action: 'Check the path in the experiment.',
  })

async function bringFile(
  file: string,
  target: string,
  message: string,
  details: { wanted: string; where: string; action: string },
): Promise<void> {
  const source = await openFileSource(file).catch((error: unknown) => {
    throw new RefusedInputError(message, { ...details, cause: error })
  })
  try {
    await copySource(source, target)
    await source.assertUnchanged()
  } catch (error) {
    await rm(target, { force: true })
    throw error
  } finally {
    await source.close()
  }
}

async function copySource(source: FileSource, target: string): Promise<void> {
  const copy = await open(target, 'w')
  try {
    for (let offset = 0; offset < source.size; offset += chunkBytes) {
      await copy.writeFile(await source.read(offset, Math.min(chunkBytes, source.size - offset)))
    }
  } finally {
    await copy.close()
  }
}

/** Under its own name, which messages tell. */
const copyOf = (runFolder: string, { path, file }: NamedFile): string => join(runFolder, 'data', path, basename(file))

/**
 * Copies what the method's parameters name; `anew` also where a copy lies already.
 * @throws RefusedInputError naming parameter and file
 */
export async function bringNamedFiles(
  config: ExperimentConfig,
  table: MemberTable,
  runFolder: string,
  { anew }: { anew: boolean },
): Promise<void> {
  for (const named of namedFiles(config, table)) {
    const target = copyOf(runFolder, named)
    if (!anew && existsSync(target)) continue
    await mkdir(dirname(target), { recursive: true })
    await bringFile(named.file, target, `The file that the method is made from cannot be read: ${named.file}.`, {
      wanted: 'a readable file',
      where: named.path,
      action: 'Choose another file, or bring this one back.',
    })
  }
}

/** The experiment as its trainers see it: with the copies in place of the originals. */
export const withBroughtFiles = (config: ExperimentConfig, table: MemberTable, runFolder: string): ExperimentConfig =>
  namedFiles(config, table).reduce(
    (changed, named) => withConfigValue(changed, named.path, copyOf(runFolder, named)) as ExperimentConfig,
    config,
  )
