import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import {
  datasets,
  imageShapeOf,
  openDataset,
  recognizeDataset,
  type LoadedDataset,
} from '../../../src/main/engine/families/datasets'
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

const side = 32
/**
 * Training images 0 to 2 with the labels 0 to 2 and two test images with 1 and 0: red = place in the set, green = 100,
 * blue = row; and that the folder is recognised as this data set.
 */
export async function expectThreeAndTwo(scratch: Scratch, id: string): Promise<void> {
  const loaded = await scratch.load(id)
  expect([[...loaded.train.labels], [...loaded.test.labels]]).toEqual([
    [0, 1, 2],
    [1, 0],
  ])
  const at = (2 * side * side + 7 * side + 5) * 3
  expect([...loaded.train.pixels.subarray(at, at + 3)]).toEqual([2, 100, 7])
  expect(await recognizeDataset(datasets, scratch.folder)).toEqual({
    id,
    params: { folder: scratch.folder, size: 32, colour: 'rgb' },
  })
}
