import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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

/** An uncompressed matrix of bytes. */
function matrix(name: string, shape: number[], data: Uint8Array): Buffer {
  const element = (type: number, bytes: Buffer): Buffer => {
    const tag = Buffer.alloc(8)
    tag.writeUInt32LE(type, 0)
    tag.writeUInt32LE(bytes.length, 4)
    return Buffer.concat([tag, bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)])
  }
  const flags = Buffer.from([9, 0, 0, 0, 0, 0, 0, 0])
  const dimensions = Buffer.from(Int32Array.from(shape).buffer)
  return element(
    14,
    Buffer.concat([
      element(6, flags),
      element(5, dimensions),
      element(1, Buffer.from(name)),
      element(2, Buffer.from(data)),
    ]),
  )
}

function matFile(...matrices: Buffer[]): Buffer {
  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file')
  header.writeUInt16LE(0x100, 124)
  header.write('IM', 126)
  return Buffer.concat([header, ...matrices])
}
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
    expect((await scratch.refusal('svhn')).got).toContain('68 65 6c 6c 6f')
    scratch.write('test_32x32.mat', file([1, 2]).subarray(0, 3000))
    expect((await scratch.refusal('svhn')).message).toBe('"test_32x32.mat" cannot be read as a MATLAB file.')
    scratch.write('test_32x32.mat', small.subarray(0, small.length - 200))
    expect((await scratch.refusal('svhn')).message).toBe('"test_32x32.mat" cannot be read as a MATLAB file.')
  })

  it('refuses missing matrices, other shapes, wrong counts and labels', async () => {
    scratch.write('test_32x32.mat', matFile(matrix('X', [32, 32, 3, 1], new Uint8Array(3072))))
    expect((await scratch.refusal('svhn')).got).toBe('X')
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
    expect((await scratch.refusal('svhn')).wanted).toBe('27,648 values for 32 × 32 × 3 × 9')
  })
})
