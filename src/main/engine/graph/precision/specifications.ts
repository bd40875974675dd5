/** Shapes and types of what a recorded step reads. */
import type { Recording, Source, TensorSpecification } from '../recording'

/** A source as the key of a map. */
export function keyOf(source: Source): string {
  switch (source.kind) {
    case 'argument':
    case 'variable':
      return `${source.kind}:${source.name}`
    case 'constant':
      return `constant:${source.index}`
    case 'node':
      return `node:${source.index}:${source.output}`
  }
}

/** A tf.Variable as the graph has it. */
export interface NamedSpecification extends TensorSpecification {
  readonly name: string
}

/** Shape and recorded type of a source. */
export type SpecificationOf = (source: Source) => TensorSpecification

export function specificationsOf(recording: Recording, variables: readonly NamedSpecification[]): SpecificationOf {
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
