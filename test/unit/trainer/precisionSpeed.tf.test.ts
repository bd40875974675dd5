import { expect, it } from 'vitest'
import { startTensorFlow, type TFJSBinding } from '../../../src/main/engine/runtime'
import { withPrecisionSpeed } from '../../../src/main/engine/trainer/precisionSpeed'

type ExecuteOp = TFJSBinding['executeOp']
const bfloat16 = 14

it('times what precisions bring, and holds no tensor afterwards', async () => {
  const runtime = await startTensorFlow()
  const held = runtime.binding.getNumOfTensors()
  const { precisionSpeed } = withPrecisionSpeed(runtime, { precision: 'float32' })
  expect(runtime.binding.getNumOfTensors()).toBe(held)
  const { float32 = 0, mixed = 0 } = precisionSpeed?.milliseconds ?? {}
  expect([float32 > 0, mixed > 0]).toEqual([true, true])
})

it('times mixed as it computes where the device has no convolution in bfloat16', async () => {
  const { binding, device } = await startTensorFlow()
  const asked: string[] = []
  const executeOp: ExecuteOp = (op, attributes, inputs, outputs) => {
    const inBfloat16 = attributes.some(({ name, value }) => name === 'T' && value === bfloat16)
    if (op.startsWith('Conv2D') && inBfloat16) throw new Error('no such kernel')
    asked.push(op)
    return binding.executeOp(op, attributes, inputs, outputs)
  }
  const { precisionSpeed } = withPrecisionSpeed(
    { binding: { ...binding, executeOp }, device },
    { precision: 'float32' },
  )
  expect(Object.keys(precisionSpeed?.milliseconds ?? {})).toEqual(['float32', 'mixed'])
  expect(asked).toContain('Conv2DBackpropInput')
})

it('reports a device all the same where nothing can be measured', async () => {
  const { binding, device } = await startTensorFlow()
  const full = (): never => {
    throw new Error('out of memory')
  }
  expect(withPrecisionSpeed({ binding: { ...binding, createTensor: full }, device }, { precision: 'float32' })).toEqual(
    device,
  )
})
