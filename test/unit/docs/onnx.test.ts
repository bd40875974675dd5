import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folds, shapeFolds } from '../../../src/main/engine/families/architectures/onnx/fold'
import { operators } from '../../../src/main/engine/families/architectures/onnx/operators'

it('docs/onnx.md lists the operators that are read', () => {
  const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'onnx.md'), 'utf8')
  const table = page.split('\n').filter((line) => /^\| [A-Z]/.test(line))
  const listed = table.flatMap((line) => (line.split('|')[1] ?? '').split(',').map((name) => name.trim()))
  const read = new Set([...operators.keys(), ...folds.keys(), ...shapeFolds.keys(), 'Constant'])
  expect([...listed].sort()).toEqual([...read].sort())
})
