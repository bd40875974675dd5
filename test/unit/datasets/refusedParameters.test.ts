import { expect, it } from 'vitest'
import { loadDataset } from '../../../src/main/engine/trainer/data'

it.each([{ trainImages: 'many' }, { noSuchParameter: 1 }])(
  '%j is refused, not replaced by the default',
  async (params) => {
    const request = {
      data: { id: 'signs', params },
      cacheFolder: '/nowhere',
    }
    await expect(loadDataset(request)).rejects.toMatchObject({
      name: 'RefusedInputError',
      where: `data.params.${Object.keys(params)[0] ?? ''}`,
    })
  },
)
