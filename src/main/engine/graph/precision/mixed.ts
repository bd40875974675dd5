/**
 * A recorded step in mixed precision: the same step, in which convolutions and matrix products compute in bfloat16 and
 * activations stay bfloat16 from layer to layer. Arguments, variables, outputs and assignments stay float32.
 */
import type { AttributeValue } from '../graphDef'
import type { RecordedConstant, RecordedNode, Recording, Source, TensorSpecification } from '../recording'
import { croppedConvolution } from './croppedConvolution'
import { bfloat16, float32, int32, roundToBfloat16 } from './elementTypes'
import { givesType, ruleOf, takesType, type PrecisionRule } from './rules'
import { keyOf, wantedTypes, type SpecificationOf, type Wanted } from './wanted'

/** A tf.Variable as the graph has it. */
export interface NamedSpecification extends TensorSpecification {
  readonly name: string
}

/** A value of the new step. */
interface Value {
  readonly source: Source
  readonly type: number
}

function specificationsOf(recording: Recording, variables: readonly NamedSpecification[]): SpecificationOf {
  const byName = (list: readonly NamedSpecification[]): Map<string, TensorSpecification> =>
    new Map(list.map((item) => [item.name, item]))
  const [args, kept] = [byName(recording.arguments), byName(variables)]
  const found = (source: Source): TensorSpecification | undefined => {
    switch (source.kind) {
      case 'argument':
        return args.get(source.name)
      case 'variable':
        return kept.get(source.name)
      case 'constant':
        return recording.constants[source.index]
      case 'node':
        return recording.nodes[source.index]?.outputs[source.output]
    }
  }
  return (source) => {
    const specification = found(source)
    if (!specification) throw new Error(`The step "${recording.step}" has no ${keyOf(source)}.`)
    return specification
  }
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

  constructor(
    private readonly recording: Recording,
    variables: readonly NamedSpecification[],
  ) {
    this.constants = [...recording.constants]
    this.specificationOf = specificationsOf(recording, variables)
    this.wanted = wantedTypes(recording, this.specificationOf)
  }

  private valueOf(source: Source): Value {
    return this.values.get(keyOf(source)) ?? { source, type: this.specificationOf(source).type }
  }

  private add(node: RecordedNode): number {
    return this.nodes.push(node) - 1
  }

  /** A recorded source in `type`, cast once for all that read it. */
  private inType(recorded: Source, type: number, { place }: Pick<RecordedNode, 'place'>): Source {
    const { source, type: own } = this.valueOf(recorded)
    if (own === type || (own !== float32 && own !== bfloat16)) return source
    const known = this.casts.get(keyOf(source))
    if (known) return known
    const cast =
      source.kind === 'constant' ? this.roundedConstant(source.index) : this.cast(source, recorded, own, place)
    this.casts.set(keyOf(source), cast)
    return cast
  }

  private roundedConstant(index: number): Source {
    const constant = this.constants[index] as RecordedConstant
    const rounded = { ...constant, type: bfloat16, content: roundToBfloat16(constant.content) }
    return { kind: 'constant', index: this.constants.push(rounded) - 1 }
  }

  private cast(source: Source, recorded: Source, from: number, place: RecordedNode['place']): Source {
    const to = from === float32 ? bfloat16 : float32
    const attributes = {
      SrcT: typeAttribute(from),
      DstT: typeAttribute(to),
      Truncate: { kind: 'bool', value: false },
    } as const
    const outputs = [{ shape: this.specificationOf(recorded).shape, type: to }]
    return { kind: 'node', index: this.add({ op: 'Cast', attributes, inputs: [source], outputs, place }), output: 0 }
  }

  /** A node of the new step, or the nodes that stand for it. */
  private emit(node: RecordedNode): number {
    const cropped = croppedConvolution(node)
    if (!cropped) return this.add(node)
    const { place, inputs, outputs } = node
    const constant = (made: Omit<RecordedConstant, 'place'>): Source => ({
      kind: 'constant',
      index: this.constants.push({ ...made, place }) - 1,
    })
    const whole = this.add({ ...node, ...cropped.whole, inputs: [constant(cropped.sizes), ...inputs.slice(1)] })
    return this.add({
      op: 'Slice',
      attributes: { T: typeAttribute(bfloat16), Index: typeAttribute(int32) },
      inputs: [{ kind: 'node', index: whole, output: 0 }, constant(cropped.begin), constant(cropped.extent)],
      outputs,
      place,
    })
  }

  private isBfloat16(node: RecordedNode, index: number, rule: PrecisionRule): boolean {
    if (rule.role === 'computes') return true
    const decisive = node.inputs
      .filter((source, place) => takesType(rule, place, this.specificationOf(source)))
      .map((source) => this.valueOf(source).type === bfloat16)
    const wanted = this.wanted({ kind: 'node', index, output: 0 })
    if (decisive.every((is) => is)) return decisive.length > 0
    if (decisive.some((is) => is)) return wanted.bfloat16
    return rule.role === 'expands' && wanted.bfloat16 && !wanted.float32
  }

  private rewrite(node: RecordedNode, recordedIndex: number): void {
    const specifications = node.inputs.map(this.specificationOf)
    const rule = ruleOf(node, specifications)
    const computed = rule && this.isBfloat16(node, recordedIndex, rule) ? rule : undefined
    const inputs = node.inputs.map((source, place) =>
      this.inType(
        source,
        computed && takesType(computed, place, specifications[place] as TensorSpecification) ? bfloat16 : float32,
        node,
      ),
    )
    const outputs = node.outputs.map((output, place) =>
      computed && givesType(computed, place, output) ? { ...output, type: bfloat16 } : output,
    )
    const attributes = computed ? { ...node.attributes, T: typeAttribute(bfloat16) } : node.attributes
    const written = { ...node, attributes, inputs, outputs }
    const index = computed ? this.emit(written) : this.add(written)
    outputs.forEach(({ type }, output) => {
      const recorded: Source = { kind: 'node', index: recordedIndex, output }
      this.values.set(keyOf(recorded), { source: { kind: 'node', index, output }, type })
      if (computed?.parameterGradient) this.makeFloat32(recorded, node)
    })
  }

  private makeFloat32(recorded: Source, node: RecordedNode): void {
    const { source } = this.valueOf(recorded)
    const cast = this.inType(recorded, float32, node)
    this.values.set(keyOf(recorded), { source: cast, type: float32 })
    this.casts.set(keyOf(cast), source)
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

/**
 * The step as it runs under `execution.precision: mixed`: rules.ts says which operations compute in bfloat16.
 * @param variables those that the step reads or assigns
 */
export const inMixedPrecision = (recording: Recording, variables: readonly NamedSpecification[]): Recording =>
  new MixedPrecision(recording, variables).build()
