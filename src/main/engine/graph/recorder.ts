/**
 * What stands in for TensorFlow's binding while a step is recorded, and writes down the ops that it is asked for.
 * Tensors are known by their ids, which are never given twice: an id is an argument, a variable's value at the start, a
 * small host-made constant, or an output of a recorded op. Anything else would be frozen silently into the graph and is
 * an error. The call goes for shapes, not for values: see outline.ts.
 */
import { UserError } from '../../../shared/errors'
import { toAttributeValue, withInferredTypes } from './attributes'
import type { Binding, HostValues, OpAttribute, TensorMetadata } from './backend'
import type { AttributeValue } from './graphDef'
import { Outline } from './outline'
import { here } from './place'
import type { RecordedConstant, RecordedNode, Source, TensorSpecification } from './recording'

/**
 * Host-made tensors up to this size become constants of the graph; larger ones only where all values are equal, as a
 * Fill.
 */
export const largestConstantBytes = 4096

/** Ids of outputs begin here, far above those that the binding gives. */
const firstOutputId = 2 ** 30

interface KnownTensor {
  readonly source: Source
  readonly type: number
  /** The tensor that stands for it. */
  readonly native: number
  /** What decides shapes: see OutlinedInput. */
  readonly key: string | undefined
  readonly shape: readonly number[]
  readonly integers: Int32Array | undefined
}

function isUniform(values: Float32Array | Int32Array | Uint8Array): boolean {
  const first = values[0]
  return values.every((value) => Object.is(value, first))
}

/** The tensors met so far in one recorded call, by the binding's id. */
export class Recorder {
  readonly nodes: RecordedNode[] = []
  readonly constants: RecordedConstant[] = []
  readonly readVariables = new Set<string>()
  private readonly known = new Map<number, KnownTensor>()
  /** Data that the step made on the host; other host data is captured from outside. */
  readonly madeOnHost = new WeakSet<object>()
  /** Whether the step runs; before and after it, kernels run for real. */
  active = false
  /** How many kernels are at work that may read integers to check them. */
  checkingKernels = 0
  private readonly outline: Outline
  private nextOutputId = firstOutputId

  constructor(
    private readonly step: string,
    private readonly native: Binding,
  ) {
    this.outline = new Outline(native)
  }

  /** A tensor from outside the step. */
  remember(id: number, source: Source, { shape, type }: TensorSpecification): void {
    this.known.set(id, {
      source,
      type,
      native: id,
      shape,
      integers: undefined,
      key: type === this.native.TF_FLOAT ? describeShape(type, shape) : undefined,
    })
  }

  dispose(): void {
    this.outline.dispose()
  }

  refuse(message: string, details: { wanted: string; got: string; action: string }): never {
    throw new UserError(`The step "${this.step}" cannot become a graph: ${message}`, {
      ...details,
      where: here().describe(),
    })
  }

  resolve(id: number, user: string): KnownTensor {
    const known = this.known.get(id)
    if (!known) return this.refuseCaptured(user)
    if (known.source.kind === 'variable') this.readVariables.add(known.source.name)
    return known
  }

  refuseCaptured(user: string): never {
    return this.refuse(`${user} uses a tensor that was made outside the step.`, {
      wanted: 'an argument, a tf.Variable, or a tensor made in the step',
      got: 'a captured tensor, whose value would be frozen',
      action: 'pass it as an argument or keep it in a tf.Variable',
    })
  }

  createTensor(shape: number[], type: number, values: HostValues): number {
    if (!ArrayBuffer.isView(values)) {
      return this.refuse('it makes a tensor of strings.', {
        wanted: 'numbers or booleans',
        got: 'strings',
        action: 'keep strings out of the step',
      })
    }
    const uniform = values.byteLength > largestConstantBytes && type !== this.native.TF_INT64 && isUniform(values)
    if (values.byteLength > largestConstantBytes && !uniform) {
      this.refuse('it makes a large tensor on the host.', {
        wanted: `at most ${largestConstantBytes} bytes`,
        got: `${values.byteLength} bytes, shape [${shape.join(', ')}]`,
        action: 'make it with kernels (fill, zerosLike), pass it as an argument or keep it in a tf.Variable',
      })
    }
    const id = this.native.createTensor(shape, type, values)
    const kept = uniform ? values.subarray(0, 1) : values
    const content = new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength).slice()
    this.constants.push({ shape, type, content, uniform, place: here() })
    const values64 = type === this.native.TF_FLOAT ? '' : `:${Buffer.from(content).toString('base64')}`
    const integers = values instanceof Int32Array && type === this.native.TF_INT32 ? values : undefined
    this.known.set(id, {
      source: { kind: 'constant', index: this.constants.length - 1 },
      type,
      native: id,
      shape,
      integers,
      key: `${describeShape(type, shape)}${values64}`,
    })
    return id
  }

  executeOp(op: string, attributes: OpAttribute[], ids: number[], outputCount: number): TensorMetadata[] {
    const inputs = ids.map((id) => this.resolve(id, op))
    const named: Record<string, AttributeValue> = {}
    for (const attribute of attributes) named[attribute.name] = toAttributeValue(this.native, attribute)
    const results = this.outline.run(op, attributes, inputs, outputCount)
    this.nodes.push({
      op,
      attributes: withInferredTypes(
        op,
        named,
        inputs.map((input) => input.type),
      ),
      inputs: inputs.map((input) => input.source),
      outputs: results.map(({ shape, dtype }) => ({ shape, type: dtype })),
      place: here(),
    })
    const index = this.nodes.length - 1
    return results.map(({ shape, dtype, native }, output) => {
      const id = this.nextOutputId
      this.nextOutputId += 1
      const key = dtype === this.native.TF_FLOAT ? describeShape(dtype, shape) : undefined
      this.known.set(id, {
        source: { kind: 'node', index, output },
        type: dtype,
        native,
        shape,
        integers: undefined,
        key,
      })
      return { id, shape, dtype }
    })
  }

  deleteTensor(id: number): void {
    if (id < firstOutputId) this.native.deleteTensor(id)
  }

  readOnHost(id: number): ReturnType<Binding['tensorDataSync']> {
    const known = this.known.get(id)
    // Integers have their true values here: see outline.ts.
    if (known && known.type !== this.native.TF_FLOAT && this.checkingKernels > 0)
      return this.native.tensorDataSync(known.native)
    return this.refuse("it reads a tensor's values on the host.", {
      wanted: 'tensors only',
      got: 'dataSync(), data() or array() inside the step',
      action: 'return the tensor and read it after the step',
    })
  }

  binding(): Binding {
    const { native } = this
    return {
      ...native,
      deleteTensor: (id) => {
        this.deleteTensor(id)
      },
      createTensor: (shape, type, values) =>
        this.active ? this.createTensor(shape, type, values as HostValues) : native.createTensor(shape, type, values),
      executeOp: (op, attributes, ids, count) =>
        this.active
          ? this.executeOp(op, attributes as OpAttribute[], ids, count)
          : native.executeOp(op, attributes, ids, count),
      tensorDataSync: (id) => (this.active ? this.readOnHost(id) : native.tensorDataSync(id)),
      runSavedModel: () =>
        this.refuse('it runs another compiled step.', {
          wanted: 'eager operations',
          got: 'a call of a step runner',
          action: "call the step's function, or run the steps one after another",
        }),
    }
  }

  /** Runs the step, and with it everything that reads its results. */
  during<T>(work: () => T): T {
    this.active = true
    try {
      return work()
    } finally {
      this.active = false
    }
  }
}

function describeShape(type: number, shape: readonly number[]): string {
  return `${type}[${shape.join()}]`
}
