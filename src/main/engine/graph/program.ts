/** Step programs: the same steps run eagerly or as one TensorFlow graph. */
import * as tf from '@tensorflow/tfjs-core'
import { ordinaryPrecision, type Precision } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'
import { nodeBackend } from './backend'
import { requireSameRecording } from './compare'
import { LoadedGraph, variableOf, type GraphOptions } from './loadedGraph'
import { recordStep } from './recordStep'
import type { Recording } from './recording'
import { requireSingleNumber } from './repeated'
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
  if (mode === 'graph') return new GraphProgram({ backend: nodeBackend(), mixed: precision === 'mixed' }, verify)
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
        for (const [output, { shape }] of first) requireSingleNumber({ name: output, shape })
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
  readonly apart: boolean
  recording?: Recording
  verified: boolean
}

/** The graph of a step that stands apart. */
interface ApartGraph {
  readonly graph: LoadedGraph
  /** Whether its variables may have other values than those that the steps train. */
  stale: boolean
}

class GraphProgram implements StepProgram {
  readonly mode = 'graph'
  private readonly steps = new Map<string, CompiledStep>()
  /** All steps that do not stand apart. */
  private common: LoadedGraph | undefined
  private readonly apart = new Map<string, ApartGraph>()
  /** The data each tf.Variable had when it and the graph last agreed. */
  private readonly agreed = new Map<string, object>()
  private disposed = false

  constructor(
    private readonly options: GraphOptions,
    private readonly verify: boolean,
  ) {}

  compile(name: string, step: StepFunction, { repeats = 1, apart = false }: StepOptions = {}): StepRunner {
    requireUnique(new Set(this.steps.keys()), name)
    const compiled: CompiledStep = { name, step, repeats, apart, verified: !this.verify }
    this.steps.set(name, compiled)
    return { name, run: (args) => this.run(compiled, args) }
  }

  readState(): void {
    this.fetchState(() => true)
  }

  writeState(): void {
    this.markStale()
    if (!this.common) return
    this.common.write()
    this.noteAgreement(this.common)
  }

  dispose(): void {
    for (const graph of [this.common, ...[...this.apart.values()].map(({ graph }) => graph)]) graph?.dispose()
    this.common = undefined
    this.apart.clear()
    this.disposed = true
    this.steps.clear()
  }

  private markStale(changed?: ReadonlySet<string>): void {
    for (const own of this.apart.values()) {
      if (!changed || own.graph.variables.some((name) => changed.has(name))) own.stale = true
    }
  }

  private noteAgreement({ variables }: LoadedGraph): void {
    for (const name of variables) this.agreed.set(name, variableOf(name).dataId)
  }

  private fetchState(take: (variable: tf.Variable) => boolean): void {
    if (!this.common) return
    for (const [name, value] of this.common.read()) {
      const variable = variableOf(name)
      if (take(variable)) variable.assign(value)
      value.dispose()
    }
    this.noteAgreement(this.common)
  }

  private record(compiled: CompiledStep, args: NamedTensors): Recording {
    // A variable changed from outside since the last agreement keeps that change; writeState is still to come.
    this.fetchState((variable) => this.agreed.get(variable.name) === variable.dataId)
    return recordStep(this.options.backend, compiled.name, compiled.step, args)
  }

  private load({ name, recording, repeats, apart }: CompiledStep): void {
    if (!apart || !recording) return this.loadCommon()
    const [assigned] = recording.assignments
    if (assigned) throw new Error(`The step "${name}" stands apart and assigns to "${assigned.variable}".`)
    this.apart.set(name, { graph: LoadedGraph.load(this.options, [{ recording, repeats }]), stale: true })
  }

  /** Loads all recorded steps as one graph, in place of the one before, with the tf.Variables' values. */
  private loadCommon(): void {
    const recordings = [...this.steps.values()].flatMap(({ recording, repeats, apart }) =>
      recording === undefined || apart ? [] : [{ recording, repeats }],
    )
    // The old session goes only when the new one stands: after a full disk its state can still be read for a last
    // checkpoint.
    const graph = LoadedGraph.load(this.options, recordings)
    this.common?.dispose()
    this.common = graph
    this.writeState()
  }

  private prepare(compiled: CompiledStep, args: NamedTensors): Recording {
    if (this.disposed) throw new Error(`The step "${compiled.name}" ran after its program was disposed.`)
    if (!compiled.recording) {
      compiled.recording = this.record(compiled, args)
      this.load(compiled)
    } else if (!compiled.verified) {
      requireSameRecording(compiled.recording, this.record(compiled, args))
      compiled.verified = true
    }
    return compiled.recording
  }

  /** The graph that has the step, with its variables up to date. */
  private graphOf({ name, apart }: CompiledStep): LoadedGraph {
    if (!apart && this.common) return this.common
    const own = this.apart.get(name)
    if (!own) throw new Error(`No graph is loaded for the step "${name}".`)
    if (own.stale) {
      const values = this.common?.read(own.graph.variables)
      own.graph.write(values)
      tf.dispose([...(values?.values() ?? [])])
      own.stale = false
    }
    return own.graph
  }

  private run(compiled: CompiledStep, args: NamedTensors): NamedTensors {
    if (compiled.recording) requireSameArguments(compiled.recording, args)
    const recording = this.prepare(compiled, args)
    const feeds = recording.arguments.map(({ name }) => args[name]).filter((tensor) => tensor !== undefined)
    const results = this.graphOf(compiled).run(compiled.name, feeds)
    if (recording.assignments.length > 0) this.markStale(new Set(recording.assignments.map(({ variable }) => variable)))
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
