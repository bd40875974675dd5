import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openMat5 } from '../../../src/main/engine/families/datasets/files/mat5'
import { element, matFile, matrix, packed } from './matFiles'
import { createScratch, type Scratch } from './support'

/**
 * Made with SciPy 1.17: savemat(…, {'X': uint8 [32, 32, 3, 4], 'y': uint8 [[1], [10], [3], [9]], 's': {'a': 1}, 'text':
 * 'hello'}, do_compression=True);
 * X[5, 7, :, 1] = 11, 22, 33 and X[0, 31, 2, 3] = 200, all else 0.
 */
const small = Buffer.from(
  'TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFN1biBOb3YgMjIgMTc6NTk6NDkgMjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAAYgAAAHic7c4xCoNQDIDh2NpiEaSTc3sDR4/ikT2WEd27CIHyfY+fDHlDhoiYp4hnzi57xeGRvbPP2T1rsybfkvO2f5oCAADgv/TVBwBlxuoDgDLf6gMAAAAAAADgGuuP/QYbFgKADwAAACoAAAB4nONjYGAwAGI2IOYAYk4GCGCF8lmAmBGMGRkqgTQTUISRi5kTABkHAQAPAAAAOAAAAHic42NgYKgAYjYg5gBiJgYIYIXyGeGYkaEYLM4CVsMIJBOBNB8QWyDp58OpHwJ4kMRBAACsygIRDwAAACwAAAB4nONjYGCwAGI2IOYAYhYGCGCF8hmhbEagTElqRYkAlJ+RmpOTD6QBReYEXw==',
  'base64',
)

const file = (labels: number[], count = labels.length): Buffer =>
  matFile(
    matrix('X', [32, 32, 3, count], new Uint8Array(3072 * count).fill(5)),
    matrix('y', [labels.length, 1], Uint8Array.from(labels)),
  )

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch()
  scratch.write('train_32x32.mat', small)
  scratch.write('test_32x32.mat', file([10, 2]))
})
afterEach(() => scratch.remove())

describe('SVHN, cropped digits', () => {
  it('reads compressed and plain matrices: column-major to rows, 10 to the digit 0', async () => {
    const { train, test, classNames } = await scratch.load('svhn')
    expect([train.count, train.height, train.width, train.channels]).toEqual([4, 32, 32, 3])
    expect([...train.labels]).toEqual([1, 0, 3, 9])
    expect([...train.pixels.subarray(3072 + (5 * 32 + 7) * 3, 3072 + (5 * 32 + 7) * 3 + 3)]).toEqual([11, 22, 33])
    expect(train.pixels[3 * 3072 + 31 * 3 + 2]).toBe(200)
    expect(train.pixels.reduce((sum, value) => sum + value, 0)).toBe(266)
    expect([[...test.labels], test.pixels[0], classNames[0]]).toEqual([[0, 2], 5, '0'])
  })

  it('refuses MATLAB 7.3, other files and a file cut short', async () => {
    scratch.write('test_32x32.mat', Buffer.from('MATLAB 7.3 MAT-file, Platform: GLNXA64'.padEnd(600)))
    expect((await scratch.refusal('svhn')).got).toBe('MATLAB 7.3 (HDF5)')
    scratch.write('test_32x32.mat', 'hello')
    expect((await scratch.refusal('svhn')).got).toBe('a text')
    scratch.write('test_32x32.mat', file([1, 2]).subarray(0, 3000))
    expect((await scratch.refusal('svhn')).message).toBe('"test_32x32.mat" cannot be read as a MATLAB file.')
    scratch.write('test_32x32.mat', small.subarray(0, small.length - 200))
    expect((await scratch.refusal('svhn')).message).toBe('"test_32x32.mat" cannot be read as a MATLAB file.')
  })

  it('refuses missing matrices, other shapes, wrong counts and labels', async () => {
    scratch.write('test_32x32.mat', matFile(matrix('X', [32, 32, 3, 1], new Uint8Array(3072))))
    expect((await scratch.refusal('svhn')).got).toBe('"X"')
    scratch.write(
      'test_32x32.mat',
      matFile(matrix('X', [28, 28, 3, 1], new Uint8Array(2352)), matrix('y', [1, 1], Uint8Array.of(1))),
    )
    expect((await scratch.refusal('svhn')).got).toBe('28 × 28 × 3 × 1')
    scratch.write('test_32x32.mat', file([1, 2, 3], 2))
    expect((await scratch.refusal('svhn')).message).toBe('test_32x32.mat has another number of labels than images.')
    scratch.write('test_32x32.mat', file([1, 11]))
    const error = await scratch.refusal('svhn')
    expect([error.message, error.got]).toEqual(['Label 2 of test_32x32.mat does not exist.', '11'])
    scratch.write('test_32x32.mat', matFile(matrix('X', [32, 32, 3, 9], new Uint8Array(3072))))
    expect((await scratch.refusal('svhn')).wanted).toBe('27,648 bytes: 27,648 values for 32 × 32 × 3 × 9')
  })
  it.each([
    ['doubles of 3 bytes', matrix('y', [1, 1], new Uint8Array(3), 9), '8 bytes: 1 values for 1 × 1'],
    ['two doubles of 12 bytes', matrix('y', [2, 1], new Uint8Array(12), 9), '16 bytes: 2 values for 2 × 1'],
    ['numbers of 2 bytes, 5 in all', matrix('y', [2, 1], new Uint8Array(5), 4), '4 bytes: 2 values for 2 × 1'],
  ])('refuses an element whose length is no multiple of its type: %s', async (_, bytes, wanted) => {
    scratch.write('test_32x32.mat', matFile(bytes))
    const error = await scratch.refusal('svhn')
    expect([error.message, error.wanted]).toEqual(['"test_32x32.mat" cannot be read as a MATLAB file.', wanted])
  })

  it('refuses dimensions that are no whole numbers of 4 bytes, negative, or too few', async () => {
    const withDimensions = (bytes: Uint8Array, type = 5): Buffer =>
      matFile(element(14, Buffer.concat([element(6, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0])), element(type, bytes)])))
    for (const bytes of [
      withDimensions(new Uint8Array(10)),
      withDimensions(new Uint8Array(4)),
      withDimensions(new Uint8Array(8), 6),
      withDimensions(new Uint8Array(Int32Array.of(-1, 1).buffer)),
    ]) {
      scratch.write('test_32x32.mat', bytes)
      expect((await scratch.refusal('svhn')).message).toBe('"test_32x32.mat" cannot be read as a MATLAB file.')
    }
  })

  it('refuses a name twice, and what follows a packed matrix', async () => {
    const labels = matrix('y', [1, 1], Uint8Array.of(1))
    scratch.write('test_32x32.mat', matFile(labels, labels))
    expect((await scratch.refusal('svhn')).got).toBe('"y" twice')
    const images = matrix('X', [32, 32, 3, 1], new Uint8Array(3072))
    scratch.write('test_32x32.mat', matFile(packed(images), packed(Buffer.concat([labels, labels]))))
    expect((await scratch.refusal('svhn')).wanted).toBe('the end of the matrix')
  })
})

describe('MATLAB files that unpack to far more than they are', () => {
  const name = 'bomb.mat'
  const zeros = (key: string, size: number): Buffer => packed(matrix(key, [size, 1], new Uint8Array(size)))

  it('are told by name and shape without being unpacked', async () => {
    const file = matFile(...Array.from({ length: 20 }, (_, index) => zeros(`m${index}`, 8_000_000)))
    const { shapes } = await openMat5(file, { name, where: name, limit: 1_000_000 })
    expect([shapes.size, shapes.get('m19')]).toEqual([20, [8_000_000, 1]])
  })

  it('have one budget for all matrices', async () => {
    const file = matFile(zeros('a', 600_000), zeros('b', 600_000))
    const opened = await openMat5(file, { name, where: name, limit: 1_000_000 })
    expect((await opened.read('a')).data.length).toBe(600_000)
    await expect(opened.read('b')).rejects.toMatchObject({
      message: '"bomb.mat" cannot be read as a MATLAB file.',
      wanted: 'at most 1,000,000 bytes unpacked in all',
    })
  })

  it('are refused before memory is taken where their bytes cannot hold so much', async () => {
    const claim = matrix('X', [1, 1], Uint8Array.of(1))
    const dimensions = claim.indexOf(Buffer.from(Int32Array.of(1, 1).buffer))
    claim.writeInt32LE(900_000_000, dimensions)
    claim.writeUInt32LE(900_000_000, claim.length - 16 + 4)
    // The tag of a small element has no room for it: a plain one is written.
    const plain = Buffer.concat([claim.subarray(0, claim.length - 16), Buffer.from([2, 0, 0, 0]), Buffer.alloc(12)])
    plain.writeUInt32LE(900_000_000, plain.length - 12)
    const { read } = await openMat5(matFile(packed(plain)), { name, where: name, limit: 2e9 })
    await expect(read('X')).rejects.toMatchObject({ wanted: '900,000,000 bytes more' })
  })

  it('has a bound on variables', () =>
    expect(
      openMat5(matFile(...Array.from({ length: 1_001 }, (_, index) => matrix(`m${index}`, [1, 1], Uint8Array.of(1)))), {
        name,
        where: name,
        limit: 1,
      }),
    ).rejects.toMatchObject({ wanted: 'at most 1000 variables' }))
})
