/** Files whose container is damaged or hostile; numbers are those of the list of bad inputs. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodeTorch } from '../../../src/main/engine/families/exporters/torchArchive'
import { importers } from '../../../src/main/engine/families/importers'
import { memorySource } from './craft/memorySource'
import { RefusedInputError } from '../../../src/shared/errors'
import {
  entry,
  expectRefused,
  fourFloats,
  honest,
  importBytes,
  readNetworks,
  importPath,
  temporaryFolder,
  torchLegacy,
  torchZip,
  wideResNet,
} from './craft/files'
import { globalName, integer, pickled, program, reduce, stop, text, tupleOf } from './craft/pickle'
import { zipOf, type CraftedEntry } from './craft/zip'

const good = (): CraftedEntry[] => [
  entry('a/data.pkl', honest),
  entry('a/data/0', fourFloats),
  entry('a/version', '3\n'),
]
const withFirst = (change: Partial<CraftedEntry>): CraftedEntry[] =>
  good().map((one, index) => (index === 1 ? { ...one, ...change } : one))
const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

describe('containers', () => {
  const folder = temporaryFolder()

  it('the honest file that the others are made from is read, and refused as no network', async () => {
    for (const bytes of [zipOf(good()), torchZip(honest), torchLegacy()]) {
      const { networks } = await readNetworks(bytes)
      expect(networks['']?.get('w')).toEqual({ dtype: 'float32', shape: [4], data: Float32Array.of(1, 2, 3, 4) })
      expect(await importBytes(bytes)).toMatchObject({
        accepted: false,
        reason: expect.stringContaining('no network that is known here') as unknown,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      })
    }
  })

  it('1: truncated at every 4 KiB and by each of the last 64 bytes', async () => {
    const whole = Buffer.concat(encodeTorch(wideResNet(10, 1, 10)))
    const cuts = [
      ...Array.from({ length: Math.floor(whole.length / 4096) }, (_, index) => (index + 1) * 4096),
      ...Array.from({ length: 64 }, (_, index) => whole.length - 1 - index),
    ]
    const [zip] = importers.members
    expect(cuts.length).toBeGreaterThan(100)
    for (const cut of cuts)
      await expect(zip?.open(memorySource(whole.subarray(0, cut)))).rejects.toBeInstanceOf(RefusedInputError)
    await expectRefused(whole.subarray(0, 4096), /truncated/)
    await expectRefused(torchLegacy().subarray(0, -1), /truncated/)
  })

  it('2: a compressed entry, whatever it would unfold to', () =>
    expectRefused(
      zipOf(withFirst({ method: 8, bytes: deflateRawSync(Buffer.alloc(2 ** 20)), uncompressed: 0xfffffffe })),
      /compressed entry/,
    ))

  it('3: a compressed NumPy archive', () =>
    expectRefused(
      zipOf([
        { name: 'weights.npy', bytes: deflateRawSync(Buffer.alloc(2 ** 20)), method: 8, uncompressed: 0xfffffffe },
      ]),
      /NumPy archive/,
      'weights.npz',
    ))

  it('3: a stored NumPy archive', () =>
    expectRefused(zipOf([entry('weights.npy', 'x')]), /NumPy archive/, 'weights.npz'))

  it('4: sizes that lie', async () => {
    await expectRefused(zipOf(withFirst({ uncompressed: 8 })), /contradict/)
    await expectRefused(zipOf(withFirst({ uncompressed: 8, compressed: 8 })), /follow one another|wrong size/)
    await expectRefused(zipOf(withFirst({ uncompressed: 2 ** 30, compressed: 2 ** 30 })), /claims more bytes/)
  })

  it('6: a payload that does not match its CRC', async () => {
    const bytes = Buffer.concat(encodeTorch(wideResNet(10, 1, 10)))
    bytes[bytes.indexOf(Buffer.from(new Float32Array(64).fill(0.5).buffer))] = 0x55
    await expectRefused(bytes, /data\/\d+" is damaged.*CRC-32/)
  })

  it.each([0x1, 0x20, 0x40, 0x2000])('7: flag bits 0x%s', (flags) =>
    expectRefused(zipOf(withFirst({ flags })), /encrypted or otherwise unreadable/),
  )

  it.each(['../../x', '/etc/x', 'C:\\x', 'C:x', 'a\\..\\b', 'a/../../b', 'a/\0b', 'a//b', 'a/./b', 'a/'])(
    '8: the name %j',
    (name) => expectRefused(zipOf([...good(), entry(name, '')]), /name that is a path/),
  )

  it('8: a name of 65 kB, and one that is not UTF-8', async () => {
    await expectRefused(zipOf([...good(), entry('a'.repeat(65_000), '')]), /absurd name/)
    await expectRefused(
      zipOf([...good(), { name: Buffer.from([0x61, 0x2f, 0xff]), bytes: Buffer.alloc(0) }]),
      /not UTF-8/,
    )
  })

  it('9: two programs, two roots, two entries of one name', async () => {
    await expectRefused(zipOf([...good(), entry('b/data.pkl', honest)]), /two programs/)
    await expectRefused(zipOf([...good(), entry('b/other', 'x')]), /two root folders/)
    await expectRefused(zipOf([...good(), entry('a/version', '4')]), /two entries of one name/)
  })

  it('11: a checkpoint inside a checkpoint is bytes of the wrong size', () =>
    expectRefused(torchZip(honest, { 0: torchZip(honest) }), /wrong size/))

  it('12: an archive that claims 2^32 entries', async () => {
    await expectRefused(zipOf(good(), { zip64Count: 2n ** 32n }), /zip64 end record .* not valid/)
    await expectRefused(zipOf(good(), { count: 6_000 }), /more entries than its directory/)
  })

  it('12: zip64 end records as PyTorch writes them are fine', async () => {
    expect(Object.keys((await readNetworks(zipOf(good(), { zip64Count: 3n }))).networks)).toEqual([''])
  })

  it('13: bytes before, after and between the parts', async () => {
    await expectRefused(zipOf(good(), { before: png }), /no PyTorch checkpoint.*\.PNG/)
    await expectRefused(zipOf(good(), { before: Buffer.from('PK\x05\x06 and more') }), /Bytes precede the archive/)
    await expectRefused(zipOf(good(), { after: Buffer.from('tail') }), /bytes after its end/)
    await expectRefused(zipOf(good(), { gap: Buffer.from('hidden') }), /hidden before the directory/)
    await expectRefused(torchLegacy({ after: Buffer.from('tail') }), /Bytes follow the last storage/)
  })

  it('13: entries that overlap or point elsewhere', async () => {
    await expectRefused(zipOf(withFirst({ offset: 0 })), /follow one another/)
    await expectRefused(zipOf(withFirst({ localName: 'a/data/1' })), /contradicts its directory/)
  })

  it('14: a link in a zip, and a tar archive', async () => {
    await expectRefused(zipOf(withFirst({ mode: 0o120777 })), /entry that is no file.*link/)
    const tar = Buffer.alloc(1024)
    tar.write('evil', 0)
    tar.write('2/etc/passwd', 156)
    tar.write('ustar', 257)
    await expectRefused(tar, /no PyTorch checkpoint/, 'model.tar')
  })

  it('15: another kind of file under a checkpoint name', async () => {
    await expectRefused(png, /no PyTorch checkpoint.*first bytes 89 50 4e 47/)
    await expectRefused(png, /no known checkpoint format/, 'model.bin')
    await expectRefused(Buffer.alloc(0), /an empty file/)
  })

  it('16: an old file whose magic number is made by eval', () =>
    expectRefused(
      torchLegacy({
        head: pickled(globalName('__builtin__', 'eval'), tupleOf(text('0x1950a86a20f9469cfc6c')), reduce),
      }),
      /"__builtin__\.eval", which is not allowed/,
    ))

  it('16: old files with wrong version, byte order or storages', async () => {
    await expectRefused(torchLegacy({ littleEndian: false }), /big-endian/)
    await expectRefused(torchLegacy({ keys: [] }), /does not match the objects/)
    await expectRefused(torchLegacy({ keys: ['0', '0'] }), /does not match the objects/)
    await expectRefused(torchLegacy({ keys: ['0', '1'] }), /no object refers to/)
    await expectRefused(
      torchLegacy({ storages: [Buffer.concat([Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]), fourFloats])] }),
      /wrong size/,
    )
    await expectRefused(program(torchLegacy().subarray(0, 15), pickled(integer(1002)), stop), /protocol version/)
  })

  it.each(['model.pth', 'model.safetensors', 'model.th', 'model.ckpt'])(
    '15: a Git LFS pointer or a web page called %s',
    async (name) => {
      const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 44700000\n'
      await expectRefused(Buffer.from(pointer), /is a Git LFS pointer, not the file itself.*git lfs pull/, name)
      for (const page of ['<!DOCTYPE html>\n<html>', '\n <html lang="en">', '<?xml version="1.0"?>'])
        await expectRefused(Buffer.from(page), /The file is a web page\./, name)
    },
  )

  it('17: TorchScript, exported programs and TorchServe archives', async () => {
    await expectRefused(
      zipOf([...good(), entry('a/constants.pkl', 'x'), { ...entry('a/code/__torch__.py', 'x'), method: 8 }]),
      /TorchScript program.*torch\.save\(torch\.jit\.load\(path\)\.state_dict\(\), .*torch\.onnx\.export/,
    )
    await expectRefused(
      zipOf([entry('m/archive_format', 'pt2'), entry('m/models/model.json', '{}')]),
      /exported program.*torch\.export\.load\(path\)\.state_dict, .*torch\.onnx\.export/,
      'model.pt2',
    )
    await expectRefused(
      zipOf([entry('MAR-INF/MANIFEST.json', '{}')]),
      /TorchServe archive.*weights file out of the archive/,
      'model.mar',
    )
    await expectRefused(zipOf([entry('readme.txt', 'x')]), /no PyTorch checkpoint/)
  })

  it('35: a huge safetensors header claim in a sparse file costs nothing', async () => {
    const path = join(folder, 'model.safetensors')
    const bytes = Buffer.alloc(2 ** 20)
    bytes.writeBigUInt64LE(BigInt(2 ** 20 - 9), 0)
    bytes.write('{', 8)
    writeFileSync(path, bytes)
    expect((await importPath(path)).reason).toMatch(/header is not valid/)
  })
})
