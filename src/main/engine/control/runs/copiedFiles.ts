/** The files that an experiment names, brought into the run's folder: the original may change or go while the run waits. */
import { existsSync, statSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import type { ExperimentConfig } from '../../../../shared/domain'
import { withConfigValue } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Issue } from '../../../../shared/schema'
import { isVisible } from '../../../../shared/schema'
import { openFileSource, type FileSource } from '../../weights/byteSource'
import type { MemberTable } from '../experiments/resolve'

const chunkBytes = 1 << 20

/**
 * Copies the teacher's file at `file` to `target`.
 * Only a regular file is read, so a pipe cannot hold the queue, and half a copy is never left behind.
 * @throws RefusedInputError when the file is absent, unreadable, not a regular file, or written to meanwhile
 */
export const bringTeacher = (file: string, target: string): Promise<void> =>
  bringFile(file, target, 'The teacher file cannot be read.', { wanted: 'a readable weights file', where: file, action: 'Check the path in the experiment.' })

async function bringFile(file: string, target: string, message: string, details: { wanted: string; where: string; action: string }): Promise<void> {
  const source = await openFileSource(file).catch((error: unknown) => { throw new RefusedInputError(message, { ...details, cause: error }) })
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

/** A file that a parameter of the method names; `path` is the parameter's. */
interface NamedFile { readonly path: string; readonly file: string }

const namedFiles = ({ distillation: { method } }: ExperimentConfig, table: MemberTable): NamedFile[] =>
  Object.entries(table.find('distillation', method.id)?.params ?? {}).flatMap(([name, field]) => {
    const file = method.params[name]
    return field.kind === 'path' && field.select === 'file' && isVisible(field, method.params) && typeof file === 'string' && file !== ''
      ? [{ path: `distillation.method.params.${name}`, file }] : []
  })

/** Under its own name, which messages tell. */
const copyOf = (runFolder: string, { path, file }: NamedFile): string => join(runFolder, 'data', path, basename(file))

/**
 * Copies what the method's parameters name; `anew` also where a copy lies already.
 * @throws RefusedInputError naming parameter and file
 */
export async function bringNamedFiles(config: ExperimentConfig, table: MemberTable, runFolder: string, { anew }: { anew: boolean }): Promise<void> {
  for (const named of namedFiles(config, table)) {
    const target = copyOf(runFolder, named)
    if (!anew && existsSync(target)) continue
    await mkdir(dirname(target), { recursive: true })
    await bringFile(named.file, target, `The file that the method is made from cannot be read: ${named.file}.`, { wanted: 'a readable file', where: named.path, action: 'Choose another file, or bring this one back.' })
  }
}

/** The experiment as its trainers see it: with the copies in place of the originals. */
export const withBroughtFiles = (config: ExperimentConfig, table: MemberTable, runFolder: string): ExperimentConfig =>
  namedFiles(config, table).reduce((changed, named) => withConfigValue(changed, named.path, copyOf(runFolder, named)) as ExperimentConfig, config)

/** What a look at the file system tells before a run is made. */
export const namedFileIssues = (config: ExperimentConfig, table: MemberTable): Issue[] =>
  namedFiles(config, table).flatMap(({ path, file }) => {
    const got = faultOf(file)
    return got === null ? [] : [{ path, severity: 'error' as const, message: `wanted a readable file, got ${got}: ${file}` }]
  })

function faultOf(file: string): string | null {
  if (!isAbsolute(file)) return 'a path that does not begin at the root, which the engine would read from a folder of its own'
  try {
    const found = statSync(file)
    return found.isFile() ? null : found.isDirectory() ? 'a folder' : 'a pipe, device or socket'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'nothing at that path' : `no access (${error instanceof Error && 'code' in error ? String(error.code) : String(error)})`
  }
}
