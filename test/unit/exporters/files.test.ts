import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exporters, type WeightsExporter } from '../../../src/main/engine/families/exporters'
import { encodeTorch } from '../../../src/main/engine/families/exporters/torchArchive'
import { writeAtomically } from '../../../src/main/engine/weights/atomicFile'
import { contiguousStrides } from '../../../src/main/engine/families/exporters/pickleWriter'
import { readNetworks, temporaryFolder } from '../importers/craft/files'
import type { WeightMap } from '../../../src/main/engine/weights/weightMap'

const base = temporaryFolder()
const folder = (): string => mkdtempSync(join(base, 'export-'))
const weights: WeightMap = new Map([
  ['layer.weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['layer.größe', { dtype: 'float64', shape: [1], data: Float64Array.of(0.1) }],
  ['count', { dtype: 'int64', shape: [], data: BigInt64Array.of(2n ** 40n) }],
  ['half', { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) }],
  ['brain', { dtype: 'bfloat16', shape: [2], data: Uint16Array.of(1, 2) }],
  ['small', { dtype: 'int8', shape: [2], data: Int8Array.of(-1, 1) }],
  ['short', { dtype: 'int16', shape: [1], data: Int16Array.of(-300) }],
  ['int', { dtype: 'int32', shape: [1], data: Int32Array.of(-70_000) }],
  ['byte', { dtype: 'uint8', shape: [1], data: Uint8Array.of(255) }],
  ['flag', { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) }],
  ['empty', { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) }],
])

const architecture = { id: 'wrn', params: {} }
const weightsExporters = exporters.members.filter((member): member is WeightsExporter => member.needs === 'weights')

describe('exporters', () => {
  it.each(weightsExporters.map((exporter) => [exporter.id, exporter] as const))(
    '%s: every type comes back',
    async (_, exporter) => {
      const path = join(folder(), `weights${exporter.extensions[0]}`)
      await exporter.write(path, { weights, architecture }, {})
      const { networks } = await readNetworks(readFileSync(path), `weights${exporter.extensions[0]}`)
      expect(new Map([...(networks[''] ?? [])].sort())).toEqual(new Map([...weights].sort()))
    },
  )

  it('PyTorch: names keep their order, contents lie at multiples of 64', () => {
    const bytes = Buffer.concat(encodeTorch(weights))
    let entries = 0
    for (let at = 0; bytes.readUInt32LE(at) === 0x04034b50; entries++) {
      const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
      expect(start % 64).toBe(0)
      at = start + bytes.readUInt32LE(at + 18)
    }
    expect(entries).toBe(weights.size + 3)
  })

  it.each(weightsExporters.map((exporter) => [exporter.id, exporter] as const))(
    '%s: what cannot be written leaves the old file and nothing else',
    async (_, exporter) => {
      const place = folder()
      const path = join(place, 'weights')
      writeFileSync(path, 'old')
      await expect(
        exporter.write(
          path,
          { weights: new Map([['w', { dtype: 'float32', shape: [3], data: new Float32Array(2) }]]), architecture },
          {},
        ),
      ).rejects.toThrow(/"w" cannot be written/)
      expect(readFileSync(path, 'utf8')).toBe('old')
      expect(readdirSync(place)).toEqual(['weights'])
    },
  )

  it('a failure in the middle of writing leaves the old file and nothing else', async () => {
    const place = folder()
    const path = join(place, 'weights')
    writeFileSync(path, 'old')
    function* failing(): Generator<Uint8Array> {
      yield Buffer.from('half')
      throw new Error('disk full')
    }
    await expect(writeAtomically(path, failing())).rejects.toThrow('disk full')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(place)).toEqual(['weights'])
  })

  it('strides are row-major', () => {
    expect(contiguousStrides([2, 3, 4])).toEqual([12, 4, 1])
    expect(contiguousStrides([])).toEqual([])
    expect(contiguousStrides([0, 3])).toEqual([3, 1])
  })
})
