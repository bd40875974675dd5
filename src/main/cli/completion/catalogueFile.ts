/** The catalogue as the command line last saw it: completion answers without starting an engine. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Catalogue } from '../../../shared/contract'
import { cacheFolder } from '../../host'
import { temporaryBeside } from '../../machine/temporaries.mjs'

const fileOf = (version: string): string => join(cacheFolder(), 'completion', `${version}.json`)

/** Null where none was kept, or it cannot be read. */
export async function keptCatalogue(version: string): Promise<Catalogue | null> {
  try {
    return JSON.parse(await readFile(fileOf(version), 'utf8')) as Catalogue
  } catch {
    return null
  }
}

/** Keeps it for the next completion; a cache that cannot be written to costs nothing but that. */
export async function keepCatalogue(version: string, catalogue: Catalogue): Promise<void> {
  const file = fileOf(version)
  const temporary = temporaryBeside(file)
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(temporary, JSON.stringify(catalogue))
    await rename(temporary, file)
  } catch {
    return
  }
}
