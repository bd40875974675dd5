import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { datasets, imageShapeOf, openDataset, type LoadedDataset } from '../../../src/main/engine/families/datasets'
import { RefusedInputError } from '../../../src/shared/errors'

/** A scratch folder with the calls that the layout tests share. */
export interface Scratch {
  readonly folder: string
  write(name: string, bytes: Uint8Array | string): string
  /** Also compares the images with the shape that the data set declares. */
  load(id: string, params?: Record<string, unknown>): Promise<LoadedDataset>
  /** The refusal that loading ends with; fails when it loads. */
  refusal(id: string, params?: Record<string, unknown>): Promise<RefusedInputError>
  remove(): void
}

export function createScratch(): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'datasets-test-'))
  const folder = join(root, 'data')
  mkdirSync(folder)
  const load = async (id: string, given: Record<string, unknown> = {}): Promise<LoadedDataset> => {
    const params = { folder, ...given }
    const loaded = await openDataset(datasets, { id, params }, { cacheFolder: join(root, 'cache') })
    expect(loaded.train).toMatchObject(imageShapeOf(datasets, { id, params }))
    expect(loaded.test).toMatchObject(imageShapeOf(datasets, { id, params }))
    return loaded
  }
  return {
    folder,
    load,
    write(name, bytes) {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
      return path
    },
    async refusal(id, params) {
      const error = await load(id, params).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(RefusedInputError)
      return error as RefusedInputError
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
