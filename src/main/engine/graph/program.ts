/** Step programs: the same steps run eagerly or as one TensorFlow graph. */
import * as tf from '@tensorflow/tfjs-core'
import { ordinaryPrecision, type Precision } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'
import { nodeBackend, registeredVariables, typeNumber, type NodeBackend } from './backend'
import { requireSameRecording } from './compare'
import { recordStep } from './recordStep'
import type { Recording } from './recording'
import { sumsInFloat32 } from './precision/exactSums'
import { inMixedPrecision } from './precision/mixed'
import { GraphSession } from './session'
import { buildGraph, type GraphVariable, type ProgramGraph } from './stepGraph'
import type { StepFunction, StepOptions, StepProgram, StepRunner } from './types'
import type { NamedTensors } from '../maths/ops/tensors'

export interface StepProgramOptions {
  /** 'graph' replays each step as one TensorFlow graph; 'eager' calls its function (for debugging). */
  readonly mode: 'eager' | 'graph'
  /**
   * Records each step a second time, on its second call, and refuses a step whose operations or constants differ.
   * Default false.
   */
  readonly verify?: boolean
  /** 'mixed' is made in the graph (see precision/mixed.ts), 'tf32' by the process's environment. Default float32. */
  readonly precision?: Precision
}

/**
 * A program of steps over the process's tf.Variables. The graph's variables are those tf.Variables that a step reads or
 * assigns;
 * they are found by recording. Errors: UserError that names the place, where a step would freeze what changes.
 */
export function createStepProgram(options: StepProgramOptions): StepProgram {
  const { mode, verify = false, precision = ordinaryPrecision } = options
  if (mode === 'graph') return new GraphProgram(nodeBackend(), verify, precision === 'mixed')
  if (precision !== 'mixed') return new EagerProgram()
  throw new UserError('Mixed precision is made in the captured graph, and this run has no graph.', {
    wanted: 'steps that run as graphs',
    got: 'execution.graph: false with execution.precision: "mixed"',
    action: 'let the steps run as graphs, or choose float32',
  })
}

function requireUnique(names: ReadonlySet<string>, name: string): void {
  if (names.has(name)) throw new Error(`A step named "${name}" was compiled before.`)
}

class EagerProgram implements StepProgram {
  readonly mode = 'eager'
  private readonly names = new Set<string>()

  compile(name: string, step: StepFunction, { repeats = 1 }: StepOptions = {}): StepRunner {
    requireUnique(this.names, name)
    this.names.add(name)
    // Clones, because a step may return an argument or a variable, which are not the caller's to dispose of.
    const once = (args: NamedTensors): NamedTensors =>
      tf.tidy(() => Object.fromEntries(Object.entries(step(args)).map(([output, tensor]) => [output, tensor.clone()])))
    const run = (args: NamedTensors): NamedTensors =>
      tf.tidy(() => {
        const all = Array.from({ length: repeats }, () => Object.entries(once(args)))
        const [first = []] = all
        return Object.fromEntries(
          first.map(([output], index) => [output, tf.stack(all.flatMap((each) => each[index]?.[1] ?? []))]),
        )
      })
    return { name, run: repeats > 1 ? run : once }
  }

  readState(): void {}
  writeState(): void {}
  dispose(): void {}
}

interface CompiledStep {
  readonly name: string
  readonly step: StepFunction
  readonly repeats: number
  recording?: Recording
  verified: boolean
}

interface LoadedGraph {
  readonly session: GraphSession
  readonly graph: ProgramGraph
  readonly variables: readonly GraphVariable[]
}

class GraphProgram implements StepProgram {
  readonly mode = 'graph'
  private readonly steps = new Map<string, CompiledStep>()
  private loaded: LoadedGraph | undefined
  /** The data each tf.Variable had when it and the graph last agreed. */
  private readonly agreed = new Map<string, object>()
  private disposed = false

  constructor(
    private readonly backend: NodeBackend,
    private readonly verify: boolean,
    private readonly mixed: boolean,
  ) {}

  compile(name: string, step: StepFunction, { repeats = 1 }: StepOptions = {}): StepRunner {
    requireUnique(new Set(this.steps.keys()), name)
    const compiled: CompiledStep = { name, step, repeats, verified: !this.verify }
    this.steps.set(name, compiled)
    return { name, run: (args) => this.run(compiled, args) }
  }

  readState(): void {
    this.fetchState(() => true)
  }

  writeState(): void {
    if (!this.loaded) return
    const { session, graph, variables } = this.loaded
    tf.tidy(() => {
      session.run(
        graph.write,
        variables.map(({ name }) => this.variable(name)),
      )
    })
    this.noteAgreement(variables)
  }

  dispose(): void {
    this.loaded?.session.dispose()
    this.loaded = undefined
    this.disposed = true
    this.steps.clear()
  }

  private variable(name: string): tf.Variable {
    const variable = registeredVariables()[name]
    if (!variable)
      throw new Error(`The tf.Variable "${name}" that a step uses was disposed; dispose the step program first.`)
    return variable
  }

  private noteAgreement(variables: readonly GraphVariable[]): void {
    for (const { name } of variables) this.agreed.set(name, this.variable(name).dataId)
  }

  private fetchState(take: (variable: tf.Variable) => boolean): void {
    if (!this.loaded || this.loaded.variables.length === 0) return
    const { session, graph, variables } = this.loaded
    tf.tidy(() => {
      const values = session.run(graph.read, [])
      variables.forEach(({ name }, index) => {
        const variable = this.variable(name)
        const value = values[index]
        if (value && take(variable)) variable.assign(value)
      })
    })
    this.noteAgreement(variables)
  }

  private record(compiled: CompiledStep, args: NamedTensors): Recording {
    // A variable changed from outside since the last agreement keeps that change; writeState is still to come.
    this.fetchState((variable) => this.agreed.get(variable.name) === variable.dataId)
    return recordStep(this.backend, compiled.name, compiled.step, args)
  }

  /** Loads all recorded steps as one graph, in place of the one before, with the tf.Variables' values. */
  private load(): void {
    const recordings = [...this.steps.values()].flatMap(({ recording, repeats }) =>
      recording === undefined ? [] : [{ recording, repeats }],
    )
    const names = [...new Set(recordings.flatMap(({ recording }) => recording.variables))]
    const variables = names.map((name): GraphVariable => {
      const { shape, dtype } = this.variable(name)
      return { name, shape, type: typeNumber(this.backend.binding, dtype) }
    })
    const graph = buildGraph(
      variables,
      recordings.map(({ recording, repeats }) => ({
        recording: this.mixed ? this.inMixedPrecision(recording, variables) : recording,
        repeats,
      })),
    )
    // The old session goes only when the new one stands: after a full disk its state can still be read for a last
    // checkpoint.
    const session = GraphSession.load(this.backend, graph.nodes)
    this.loaded?.session.dispose()
    this.loaded = { session, graph, variables }
    this.writeState()
  }

  private inMixedPrecision(recording: Recording, variables: readonly GraphVariable[]): Recording {
    return inMixedPrecision(recording, { variables, roundOnly: !sumsInFloat32(this.backend.binding) })
  }

  private prepare(compiled: CompiledStep, args: NamedTensors): LoadedGraph {
    if (this.disposed) throw new Error(`The step "${compiled.name}" ran after its program was disposed.`)
    if (!compiled.recording) {
      compiled.recording = this.record(compiled, args)
      this.load()
    } else if (!compiled.verified) {
      requireSameRecording(compiled.recording, this.record(compiled, args))
      compiled.verified = true
    }
    if (!this.loaded) throw new Error('No graph is loaded.')
    return this.loaded
  }

  private run(compiled: CompiledStep, args: NamedTensors): NamedTensors {
    if (compiled.recording) requireSameArguments(compiled.recording, args)
    const { session, graph } = this.prepare(compiled, args)
    const { recording } = compiled
    const ports = graph.steps.get(compiled.name)
    if (!ports || !recording) throw new Error(`The graph has no step "${compiled.name}".`)
    const feeds = recording.arguments.map(({ name }) => args[name]).filter((tensor) => tensor !== undefined)
    const results = session.run(ports, feeds)
    results.pop()?.dispose()
    return Object.fromEntries(
      recording.outputs.flatMap(({ name }, index) => {
        const tensor = results[index]
        return tensor ? [[name, tensor]] : []
      }),
    )
  }
}

function requireSameArguments(recording: Recording, args: NamedTensors): void {
  const describe = (items: readonly { name: string; shape: readonly number[]; dtype: string }[]): string =>
    items
      .map(({ name, shape, dtype }) => `${name}: ${dtype}[${shape.join(', ')}]`)
      .sort()
      .join('; ')
  const wanted = describe(recording.arguments)
  const got = describe(Object.entries(args).map(([name, { shape, dtype }]) => ({ name, shape, dtype })))
  if (wanted !== got) {
    throw new UserError(`The step "${recording.step}" was given other arguments than on its first call.`, {
      wanted,
      got,
      where: `step "${recording.step}"`,
      action: 'compile a step of its own for other shapes',
    })
  }
}
