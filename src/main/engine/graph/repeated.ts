/**
 * A step that one call does several times over: its nodes once, in a loop of TensorFlow's executor. Unrolled, ten steps
 * would be ten times the nodes to optimise before the first of them runs; in a loop the first call costs what a single
 * step's costs, and no iteration begins before the one before it has let go of its memory.
 */
import type { GraphNode } from './graphDef'
import { constantNode, integerType, resourceType, type, type BuiltStep, type StepOutput } from './stepNodes'

const integers = (values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer)

/** The node that an input names: `node`, `node:1` or `^node`. */
const nodeOf = (input: string): string => input.replace(/^\^/, '').replace(/:\d+$/, '')

class LoopBuilder {
  readonly nodes: GraphNode[] = []
  private readonly condition: string
  private readonly entered = new Map<string, string>()

  /** @param frame the loop's name, unique in the graph, and prefix of its nodes */
  constructor(
    private readonly frame: string,
    private readonly times: number,
  ) {
    this.condition = `${frame}/condition`
  }

  add(name: string, op: string, inputs: readonly string[], attributes: GraphNode['attributes']): string {
    const full = `${this.frame}/${name}`
    this.nodes.push({ name: full, op, inputs, attributes })
    return full
  }

  constant(name: string, values: readonly number[] | number, after: readonly string[] = []): string {
    const full = `${this.frame}/${name}`
    const [shape, content] = typeof values === 'number' ? [[], [values]] : [[values.length], values]
    const node = constantNode(full, { type: integerType, shape, content: integers(content) })
    this.nodes.push({ ...node, inputs: after.map((input) => `^${input}`) })
    return full
  }

  /** A value from outside, the same in each iteration. */
  enter(value: string, dtype: number): string {
    const known = this.entered.get(value)
    if (known) return known
    const made = this.enterFrame(`outside_${this.entered.size}`, { value, dtype, constant: true })
    this.entered.set(value, made)
    return made
  }

  private enterFrame(
    name: string,
    { value, dtype, constant }: { value: string; dtype: number; constant: boolean },
  ): string {
    return this.add(name, 'Enter', [value], {
      T: type(dtype),
      frame_name: { kind: 'string', value: this.frame },
      is_constant: { kind: 'bool', value: constant },
      parallel_iterations: { kind: 'int', value: 1 },
    })
  }

  /** A value that goes from iteration to iteration: what it is in one, and at the end. */
  carry(name: string, start: string, dtype: number): { merged: string; body: string; end: string } {
    const T = type(dtype)
    const entered = this.enterFrame(`${name}/enter`, { value: start, dtype, constant: false })
    const merged = this.add(`${name}/merge`, 'Merge', [entered, `${this.frame}/${name}/next`], {
      T,
      N: { kind: 'int', value: 2 },
    })
    const turned = this.add(`${name}/switch`, 'Switch', [merged, this.condition], { T })
    const body = this.add(`${name}/now`, 'Identity', [`${turned}:1`], { T })
    return { merged, body, end: this.add(`${name}/end`, 'Exit', [turned], { T }) }
  }

  next(name: string, value: string, dtype: number): void {
    this.add(`${name}/next`, 'NextIteration', [value], { T: type(dtype) })
  }

  /** The number of the iteration; it moves on when `after` have run. */
  count(after: readonly string[]): { iteration: string; end: string } {
    const T = type(integerType)
    const { merged, body, end } = this.carry('count', this.constant('begin', 0), integerType)
    const goesOn = this.add('goesOn', 'Less', [merged, this.constant('times', this.times, [merged])], { T })
    this.add('condition', 'LoopCond', [goesOn], {})
    const advanced = this.add(
      'advanced',
      'AddV2',
      [body, this.constant('one', 1, [body]), ...after.map((node) => `^${node}`)],
      { T },
    )
    this.next('count', advanced, integerType)
    return { iteration: body, end }
  }

  /** One number for each iteration, gathered where it was made. */
  gather(name: string, value: string, { dtype, iteration }: { dtype: number; iteration: string }): string {
    const zeros = `${this.frame}/${name}/zeros`
    this.nodes.push(constantNode(zeros, { type: dtype, shape: [this.times], content: new Uint8Array(4 * this.times) }))
    const { body, end } = this.carry(name, zeros, dtype)
    const places = this.constant(`${name}/places`, [...Array(this.times).keys()], [iteration])
    const here = this.add(`${name}/here`, 'Equal', [places, iteration], {
      T: type(integerType),
      incompatible_shape_error: { kind: 'bool', value: true },
    })
    this.next(name, this.add(`${name}/put`, 'SelectV2', [here, value, body], { T: type(dtype) }), dtype)
    return end
  }
}

/** @throws Error where the output of a repeated step is no single number: there is one for each time */
export function requireSingleNumber({ name, shape }: Pick<StepOutput, 'name' | 'shape'>): void {
  if (shape.length > 0)
    throw new Error(`A repeated step gives single numbers; "${name}" has the shape [${shape.join()}].`)
}

/**
 * The step's nodes so that one run does it `times` times, one after the other, with the same arguments; each output is
 * then a vector with a number for each time.
 * @throws Error where an output is no single number
 */
export function repeatStep({ nodes, outputs, assigned }: BuiltStep, frame: string, times: number): BuiltStep {
  const loop = new LoopBuilder(frame, times)
  const own = new Map(nodes.map((node) => [node.name, node]))
  const { iteration, end } = loop.count(assigned)
  const inside = (input: string): string => {
    const node = own.get(nodeOf(input))
    // Only variables' handles lie outside a step.
    if (!node) return loop.enter(input, resourceType)
    if (node.op !== 'Placeholder') return input
    const { dtype } = node.attributes
    return loop.enter(input, dtype?.kind === 'type' ? dtype.value : integerType)
  }
  const isInside = (input: string): boolean => (own.get(nodeOf(input))?.op ?? 'Placeholder') !== 'Placeholder'
  const body = nodes
    .filter(({ op }) => op !== 'Placeholder')
    .map((node): GraphNode => {
      const inputs = node.inputs.map(inside)
      // What nothing inside leads to would run before the assignments of the iteration before, and once too often.
      return { ...node, inputs: node.inputs.some(isInside) ? inputs : [...inputs, `^${iteration}`] }
    })
  const gathered = outputs.map((output, index): StepOutput => {
    requireSingleNumber(output)
    const { type: dtype } = output
    const source = loop.gather(`gathered_${index}`, inside(output.source), { dtype, iteration })
    return { ...output, source, shape: [times] }
  })
  const placeholders = nodes.filter(({ op }) => op === 'Placeholder')
  return { nodes: [...placeholders, ...loop.nodes, ...body], outputs: gathered, assigned: [end] }
}
