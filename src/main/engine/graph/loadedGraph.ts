/** Recorded steps as one graph in TensorFlow, and its variables, which stand for the tf.Variables of their names. */
import * as tf from '@tensorflow/tfjs-core'
import { registeredVariables, typeNumber, type NodeBackend } from './backend'
import { sumsInFloat32 } from './precision/exactSums'
import { inMixedPrecision } from './precision/mixed'
import { GraphSession } from './session'
import { buildGraph, type GraphVariable, type ProgramGraph, type RepeatedRecording } from './stepGraph'

export interface GraphOptions {
  readonly backend: NodeBackend
  /** Steps compute in mixed precision: see precision/mixed.ts. */
  readonly mixed: boolean
}

export function variableOf(name: string): tf.Variable {
  const variable = registeredVariables()[name]
  if (!variable)
    throw new Error(`The tf.Variable "${name}" that a step uses was disposed; dispose the step program first.`)
  return variable
}

export class LoadedGraph {
  private constructor(
    private readonly session: GraphSession,
    private readonly graph: ProgramGraph,
    /** Names, in the graph's order. */
    readonly variables: readonly string[],
  ) {}

  /** Its variables have no values before `write`. */
  static load({ backend, mixed }: GraphOptions, recordings: readonly RepeatedRecording[]): LoadedGraph {
    const names = [...new Set(recordings.flatMap(({ recording }) => recording.variables))]
    const variables = names.map((name): GraphVariable => {
      const { shape, dtype } = variableOf(name)
      return { name, shape, type: typeNumber(backend.binding, dtype) }
    })
    const graph = buildGraph(
      variables,
      recordings.map(({ recording, repeats }) => ({
        recording: mixed
          ? inMixedPrecision(recording, { variables, roundOnly: !sumsInFloat32(backend.binding) })
          : recording,
        repeats,
      })),
    )
    return new LoadedGraph(GraphSession.load(backend, graph.nodes), graph, names)
  }

  /** @returns a tensor for each output, owned by the caller */
  run(step: string, feeds: readonly tf.Tensor[]): tf.Tensor[] {
    const ports = this.graph.steps.get(step)
    if (!ports) throw new Error(`The graph has no step "${step}".`)
    const results = this.session.run(ports, feeds)
    results.pop()?.dispose()
    return results
  }

  /** Values of those variables that the graph has, owned by the caller. */
  read(names: readonly string[] = this.variables): Map<string, tf.Tensor> {
    const { variables, graph } = this
    const wanted = new Set(names)
    const places = [...variables.keys()].filter((place) => wanted.has(variables[place] ?? ''))
    if (places.length === 0) return new Map()
    const values = this.session.run({ feeds: [], fetches: places.map((place) => graph.read.fetches[place] ?? '') }, [])
    return new Map(values.map((value, index) => [variables[places[index] ?? -1] ?? '', value]))
  }

  /** @param values of variables that do not have their tf.Variable's */
  write(values: ReadonlyMap<string, tf.Tensor> = new Map()): void {
    const fed = this.variables.map((name) => values.get(name) ?? variableOf(name))
    tf.dispose(this.session.run(this.graph.write, fed))
  }

  dispose(): void {
    this.session.dispose()
  }
}
