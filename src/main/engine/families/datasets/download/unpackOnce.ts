/** Unpacks a data set's archive beside itself, for layouts that are read as files. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { unpackArchive } from '../files/archives'

/**
 * Unpacks into `folder`; a stamp with the archive's size says that it was done.
 * @throws RefusedInputError for a damaged or unsafe archive
 */
export async function unpackOnce(
  archive: string,
  folder: string,
  signal?: AbortSignal,
  onFile?: (done: number, total: number) => void,
): Promise<void> {
  const stamp = `${archive}.unpacked`
  const size = String((await stat(archive)).size)
  if ((await readFile(stamp, 'utf8').catch(() => '')) === size) return
  await unpackArchive(archive, { folder, signal, onFile })
  await writeFile(stamp, size)
}
