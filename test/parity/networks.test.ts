/**
 * Networks in the layouts of public training programs against PyTorch's definitions of them, which
 * fixtures/parity/networks_*.py hold: see fixtures/parity/make_networks.py.
 */
import { beforeAll, describe, it } from 'vitest'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { expectAsInPyTorch } from './architectureCase'
import { networkCases, usualMove } from './cases'

const cases = networkCases()

beforeAll(async () => {
  await startTensorFlow()
})

describe('networks against PyTorch', () => {
  it.each(Object.entries(cases))('%s', (_name, wanted) => {
    expectAsInPyTorch(wanted, (quantity) => usualMove(cases, quantity))
  })
})
