import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tracedNodes } from '../../examples/exporter/tracedNodes'
import { weightShapes } from '../../examples/exporter/weightShapes'
import { exporters, type Exporter } from '../../src/main/engine/families/exporters'
import { createRegistry } from '../../src/shared/schema'
import { testMember } from '../contract/memberSuite'
import { fakeWeights } from '../fakes/weights'
import { temporaryFolder } from '../unit/importers/craft/files'

const family = createRegistry<Exporter>('exporter', 'Formats', [...exporters.members, weightShapes, tracedNodes])
const base = temporaryFolder()

describe.each([weightShapes, tracedNodes].map((member) => ({ id: member.id, member })))('$id', ({ member }) =>
  testMember(member, family),
)

it('the exporter of weights writes names, types and shapes', async () => {
  const path = join(mkdtempSync(join(base, 'example-')), 'model.shapes.json')
  const architecture = { id: 'wrn', params: {} }
  if (weightShapes.needs !== 'weights') throw new Error('It needs no program.')
  await weightShapes.write(path, { weights: fakeWeights, architecture }, {})
  const [[name, { dtype, shape }] = expect.fail('no weights')] = [...fakeWeights]
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    architecture,
    shapes: { [name]: { dtype, shape: [...shape] } },
  })
})
// The exporter of programs is run by a trainer: test/unit/exporters/program.tf.test.ts.
