/** What decides a run's result beside its configuration: data set and named files, by their content. */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import type { ExperimentConfig } from '../../../../shared/domain'
import type { LoadedDataset } from '../../families/datasets'
import type { DataPrint, FileEvidence } from '../../families/runExporters'
import { letOthersWork } from '../../images/yielding'
import type { MemberTable } from '../experiments/memberTable'
import { namedPaths } from '../experiments/namedFiles'

const sliceBytes = 8 << 20

/**
 * SHA-256 of the images and labels as they are loaded, the same for whatever files they come from: training set, then
 * test set, of each its shape, its labels (int32) and its bytes.
 */
export async function dataPrint({ train, test, classNames }: LoadedDataset, signal?: AbortSignal): Promise<DataPrint> {
  const hash = createHash('sha256')
  for (const { count, height, width, channels, labels, pixels } of [train, test]) {
    hash.update(`${count} ${height} ${width} ${channels}\n`)
    hash.update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength))
    await updateInSlices(hash, pixels, signal)
  }
  return { sha256: hash.digest('hex'), images: train.count + test.count, classes: classNames.length }
}

async function updateInSlices(hash: Hash, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += sliceBytes) {
    hash.update(bytes.subarray(at, at + sliceBytes))
    await letOthersWork()
    signal?.throwIfAborted()
  }
}

export async function fileHash(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Of names and contents, in the order of the names. */
async function folderHash(folder: string, signal?: AbortSignal): Promise<{ sha256: string; bytes: number }> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  let bytes = 0
  for (const file of files.sort()) {
    bytes += (await stat(file)).size
    hash.update(`${relative(folder, file)}\n${await fileHash(file, signal)}\n`)
  }
  return { sha256: hash.digest('hex'), bytes }
}

async function evidenceOf(parameter: string, path: string, signal?: AbortSignal): Promise<FileEvidence | null> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile() && !found?.isDirectory()) return null
  const place = { parameter, path, name: basename(path) }
  return found.isFile()
    ? { ...place, sha256: await fileHash(path, signal), bytes: found.size, isFile: true }
    : { ...place, ...(await folderHash(path, signal)), isFile: false }
}

/**
 * Files and folders that an experiment's parameters name and that are there; of the data set its images are told
 * instead (dataPrint).
 */
export async function fileEvidence(
  config: ExperimentConfig,
  table: MemberTable,
  signal?: AbortSignal,
): Promise<FileEvidence[]> {
  const found: FileEvidence[] = []
  for (const { path: parameter, file } of namedPaths(config, table)) {
    if (parameter.startsWith('data.')) continue
    const evidence = await evidenceOf(parameter, file, signal)
    if (evidence) found.push(evidence)
  }
  return found
}
