/**
 * A recorded step in mixed precision: the same step, in which convolutions and matrix products compute in bfloat16 and
 * activations stay bfloat16 from layer to layer. Arguments, variables, outputs and assignments stay float32.
 */
import type { AttributeValue } from '../graphDef'
import type { RecordedConstant, RecordedNode, Recording, Source, TensorSpecification } from '../recording'
import { croppedConvolution } from './croppedConvolution'
import { bfloat16, float32, int32, roundToBfloat16 } from './elementTypes'
import { givesType, ruleOf, takesType, type PrecisionRule } from './rules'
import { keyOf, specificationsOf, type NamedSpecification, type SpecificationOf } from './specifications'
import { wantedTypes, type Wanted } from './wanted'

/** A value of the new step. */
interface Value {
  readonly source: Source
  readonly type: number
}

export interface MixedOptions {
  /** The variables that the step reads or assigns. */
  readonly variables: readonly NamedSpecification[]
  /**
   * The device has no bfloat16 kernels that add up in float32: what would compute in bfloat16 computes in float32 on
   * inputs that are rounded to bfloat16, its result is rounded, and everything else is float32.
   */
  readonly roundOnly: boolean
}

const typeAttribute = (value: number): AttributeValue => ({ kind: 'type', value })

class MixedPrecision {
  private readonly nodes: RecordedNode[] = []
  private readonly constants: RecordedConstant[]
  /** By the key of the recorded source. */
  private readonly values = new Map<string, Value>()
  /** By the key of the new source: the same value in the other type. */
  private readonly casts = new Map<string, Source>()
  private readonly specificationOf: SpecificationOf
  private readonly wanted: (source: Source) => Wanted
  private readonly roundOnly: boolean

  constructor(
    private readonly recording: Recording,
    { variables, roundOnly }: MixedOptions,
  ) {
    this.constants = [...recording.constants]
    this.specificationOf = specificationsOf(recording, variables)
    this.wanted = wantedTypes(recording, this.specificationOf)
    this.roundOnly = roundOnly
  }

  private valueOf(source: Source): Value {
    return this.values.get(keyOf(source)) ?? { source, type: this.specificationOf(source).type }
  }

  private add(node: RecordedNode): Source {
    return { kind: 'node', index: this.nodes.push(node) - 1, output: 0 }
  }

  private constant(made: RecordedConstant): Source {
    return { kind: 'constant', index: this.constants.push(made) - 1 }
  }

  /** A recorded source in `type`, cast once for all that read it. */
  private inType(recorded: Source, type: number, node: RecordedNode): Source {
    const { source, type: own } = this.valueOf(recorded)
    if (own === type || (own !== float32 && own !== bfloat16)) return source
    return this.cast(source, { ...this.specificationOf(recorded), type: own }, node)
  }

  private cast(source: Source, from: TensorSpecification, { place }: RecordedNode): Source {
    const known = this.casts.get(keyOf(source))
    if (known) return known
    const to = from.type === float32 ? bfloat16 : float32
    const constant = source.kind === 'constant' ? this.constants[source.index] : undefined
    const made =
      constant && to === bfloat16
        ? this.constant({ ...constant, type: bfloat16, content: roundToBfloat16(constant.content) })
        : this.add({
            op: 'Cast',
            attributes: {
              SrcT: typeAttribute(from.type),
              DstT: typeAttribute(to),
              Truncate: { kind: 'bool', value: false },
            },
            inputs: [source],
            outputs: [{ shape: from.shape, type: to }],
            place,
          })
    this.casts.set(keyOf(source), made)
    return made
  }

  private isBfloat16(node: RecordedNode, index: number, rule: PrecisionRule): boolean {
    if (rule.role === 'computes') return true
    if (this.roundOnly) return false
    const decisive = node.inputs
      .filter((source, place) => takesType(rule, place, this.specificationOf(source)))
      .map((source) => this.valueOf(source).type === bfloat16)
    const wanted = this.wanted({ kind: 'node', index, output: 0 })
    if (decisive.every((is) => is)) return decisive.length > 0
    if (decisive.some((is) => is)) return wanted.bfloat16
    return rule.role === 'expands' && wanted.bfloat16 && !wanted.float32
  }

  /** An operation that computes in bfloat16, or what stands for it. */
  private computed(node: RecordedNode): Source {
    const cropped = croppedConvolution(node)
    if (!cropped) return this.add(node)
    const { place, inputs, outputs } = node
    const whole = this.add({
      ...node,
      ...cropped.whole,
      inputs: [this.constant({ ...cropped.sizes, place }), ...inputs.slice(1)],
    })
    return this.add({
      op: 'Slice',
      attributes: { T: typeAttribute(bfloat16), Index: typeAttribute(int32) },
      inputs: [whole, this.constant({ ...cropped.begin, place }), this.constant({ ...cropped.extent, place })],
      outputs,
      place,
    })
  }

  /** The same in float32, on rounded inputs and with a rounded result. */
  private computedRounded(node: RecordedNode, inBfloat16: RecordedNode): Source {
    const inputs = inBfloat16.inputs.map((source, place) => {
      const specification = this.specificationOf(node.inputs[place] as Source)
      return specification.type === float32 ? this.cast(source, { ...specification, type: bfloat16 }, node) : source
    })
    return this.cast(this.add({ ...node, inputs }), node.outputs[0] as TensorSpecification, node)
  }

  private rewrite(node: RecordedNode, recordedIndex: number): void {
    const specifications = node.inputs.map(this.specificationOf)
    const found = ruleOf(node, specifications)
    const rule = found && this.isBfloat16(node, recordedIndex, found) ? found : undefined
    const inputs = node.inputs.map((source, place) => {
      const low = rule && takesType(rule, place, specifications[place] as TensorSpecification)
      return this.inType(source, low ? bfloat16 : float32, node)
    })
    if (!rule) {
      this.register(recordedIndex, this.add({ ...node, inputs }), node.outputs)
      return
    }
    const outputs = node.outputs.map((output, place) =>
      givesType(rule, place, output) ? { ...output, type: bfloat16 } : output,
    )
    const written = { ...node, attributes: { ...node.attributes, T: typeAttribute(bfloat16) }, inputs, outputs }
    if (rule.role !== 'computes') this.register(recordedIndex, this.add(written), outputs)
    else {
      const made = this.roundOnly ? this.computedRounded(node, written) : this.computed(written)
      this.register(recordedIndex, made, outputs)
      if (rule.parameterGradient || this.roundOnly) this.makeFloat32(recordedIndex, node)
    }
  }

  private register(recordedIndex: number, made: Source, outputs: readonly TensorSpecification[]): void {
    outputs.forEach(({ type }, output) => {
      const source = made.kind === 'node' ? { ...made, output } : made
      this.values.set(keyOf({ kind: 'node', index: recordedIndex, output }), { source, type })
    })
  }

  private makeFloat32(recordedIndex: number, node: RecordedNode): void {
    const recorded: Source = { kind: 'node', index: recordedIndex, output: 0 }
    const { source } = this.valueOf(recorded)
    const wide = this.inType(recorded, float32, node)
    this.values.set(keyOf(recorded), { source: wide, type: float32 })
    this.casts.set(keyOf(wide), source)
  }

  build(): Recording {
    const { recording } = this
    recording.nodes.forEach((node, index) => {
      this.rewrite(node, index)
    })
    const asRecorded = <T extends { readonly source: Source }>(item: T): T => {
      const maker = item.source.kind === 'node' ? recording.nodes[item.source.index] : undefined
      return maker ? { ...item, source: this.inType(item.source, float32, maker) } : item
    }
    return {
      ...recording,
      outputs: recording.outputs.map(asRecorded),
      assignments: recording.assignments.map(asRecorded),
      nodes: this.nodes,
      constants: this.constants,
    }
  }
}

/** The step as it runs under `execution.precision: mixed`: rules.ts says which operations compute in bfloat16. */
export const inMixedPrecision = (recording: Recording, options: MixedOptions): Recording =>
  new MixedPrecision(recording, options).build()
