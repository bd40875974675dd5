/** Attacks that read files: which file of a pack is taken, and on which scale its numbers lie. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { attacks, createTrigger } from '../../../src/main/engine/families/attacks'

const root = mkdtempSync(join(tmpdir(), 'abd-attacks-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const context = { height: 4, width: 4, channels: 3 as const }

async function pack(name: string, files: Record<string, number>): Promise<string> {
  const folder = join(root, name)
  mkdirSync(folder)
  for (const [file, grey] of Object.entries(files))
    await sharp({ create: { width: 4, height: 4, channels: 3, background: { r: grey, g: grey, b: grey } } })
      .png()
      .toFile(join(folder, file))
  return folder
}
const smooth = async (picture: string, dataset?: string) =>
  createTrigger(
    attacks,
    { id: 'smooth', params: { picture } },
    { ...context, ...(dataset === undefined ? {} : { dataset }) },
  )

describe('smooth out of a trigger pack', () => {
  it('takes the picture made for the data set, and says which', async () => {
    const folder = await pack('originals', { 'smooth_cifar10.png': 10, 'smooth_gtsrb.png': 20 })
    const gtsrb = await smooth(folder, 'gtsrb')
    expect(gtsrb.notes).toEqual(['The trigger picture is smooth_gtsrb.png.'])
    expect((await smooth(folder, 'cifar10')).notes).toEqual(['The trigger picture is smooth_cifar10.png.'])
    expect((await smooth(folder)).notes).toEqual(['The trigger picture is smooth_cifar10.png.'])
  })

  it('falls back to the pack’s own for all, then to CIFAR-10’s, saying so', async () => {
    expect((await smooth(await pack('both', { 'smooth.png': 10, 'smooth_cifar10.png': 20 }), 'svhn')).notes).toEqual([
      'The trigger picture is smooth.png.',
    ])
    expect((await smooth(await pack('cifar', { 'smooth_cifar10.png': 20 }), 'svhn')).notes).toEqual([
      'The trigger picture is smooth_cifar10.png, made for CIFAR-10: the trigger pack holds no smooth_svhn.png.',
    ])
  })
})

function npy(name: string, descr: string, values: Float32Array | Uint8Array | Int16Array): string {
  const header =
    `{'descr': '${descr}', 'fortran_order': False, 'shape': (${values.length / 48}, 4, 4, 3), }`.padEnd(117) + '\n'
  const head = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([header.length, 0]),
    Buffer.from(header, 'latin1'),
  ])
  const file = join(root, name)
  writeFileSync(file, Buffer.concat([head, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]))
  return file
}
const adversarial = (file: string) => createTrigger(attacks, { id: 'cl', params: { adversarial: file } }, context)

describe('adversarial images', () => {
  it('are taken as floats and bytes on the scale of bytes', async () => {
    const bytes = Uint8Array.from({ length: 96 }, (_, index) => index + 100)
    const fromBytes = (await adversarial(npy('bytes.npy', '|u1', bytes))).apply(new Uint8Array(48), 1, 'train', [1])
    const fromFloats = (await adversarial(npy('floats.npy', '<f4', Float32Array.from(bytes)))).apply(
      new Uint8Array(48),
      1,
      'train',
      [1],
    )
    expect(fromFloats).toEqual(fromBytes)
    expect(Math.max(...fromBytes)).toBe(255)
  })

  it.each([
    ['shares of 1', '<f4', Float32Array.from({ length: 48 }, (_, index) => index / 47), 'shares of 1'],
    ['shares of 1 cut to bytes', '|u1', Uint8Array.from({ length: 48 }, (_, index) => index % 2), 'shares of 1'],
    [
      'normalised values',
      '<f4',
      Float32Array.from({ length: 48 }, (_, index) => index - 2.5),
      'not on the scale of bytes',
    ],
    ['values above 255', '<i2', Int16Array.from({ length: 48 }, () => 256), 'not on the scale of bytes'],
    ['NaN', '<f4', new Float32Array(48).fill(NaN), 'not on the scale of bytes'],
  ])('as %s are refused instead of truncated to black', async (name, descr, values, message) => {
    await expect(adversarial(npy(`${name}.npy`, descr, values))).rejects.toThrow(message)
  })
})
