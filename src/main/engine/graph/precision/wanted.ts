/** In which type each value of a step is wanted by what reads it. */
import type { RecordedNode, Recording, Source, TensorSpecification } from '../recording'
import { givesType, ruleOf, takesType } from './rules'
import { keyOf, type SpecificationOf } from './specifications'

export interface Wanted {
  readonly bfloat16: boolean
  readonly float32: boolean
}

const nothing: Wanted = { bfloat16: false, float32: false }

/** What readers of each source (by its key) want of it; operations that follow want what is wanted of their results. */
export function wantedTypes(recording: Recording, specificationOf: SpecificationOf): (source: Source) => Wanted {
  const wanted = new Map<string, Wanted>()
  const of = (source: Source): Wanted => wanted.get(keyOf(source)) ?? nothing
  const add = (source: Source, more: Wanted): void => {
    const { bfloat16, float32 } = of(source)
    wanted.set(keyOf(source), { bfloat16: bfloat16 || more.bfloat16, float32: float32 || more.float32 })
  }
  for (const { source } of [...recording.outputs, ...recording.assignments]) add(source, { ...nothing, float32: true })
  // A node reads only what was recorded before it.
  for (let index = recording.nodes.length - 1; index >= 0; index--) {
    const node = recording.nodes[index] as RecordedNode
    const inputs = node.inputs.map(specificationOf)
    const rule = ruleOf(node, inputs)
    const passedOn = node.outputs
      .map((output, place) =>
        rule && givesType(rule, place, output) ? of({ kind: 'node', index, output: place }) : nothing,
      )
      .reduce((all, one) => ({ bfloat16: all.bfloat16 || one.bfloat16, float32: all.float32 || one.float32 }), nothing)
    node.inputs.forEach((source, place) => {
      const takes = rule && takesType(rule, place, inputs[place] as TensorSpecification)
      if (!takes) add(source, { ...nothing, float32: true })
      else add(source, rule.role === 'computes' ? { ...nothing, bfloat16: true } : passedOn)
    })
  }
  return of
}
