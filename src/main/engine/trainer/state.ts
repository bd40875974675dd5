/** Everything that a stage must remember to go on bit for bit: networks, optimizer slots, counters, random streams. */
import type * as tf from '@tensorflow/tfjs-core'
import { UserError } from '../../../shared/errors'
import { float32Tensor, toFloat32, type WeightMap, type WeightTensor } from '../weights/weightMap'
import type { NetworkState } from '../maths/nn/types'
import { loadWeights, weightsOf } from '../weights/network'
import { createStream, restoreStream, type RandomStream } from '../maths/random'
import type { PlainState, PooledState, StateBundle, StateSnapshot } from '../families/distillation/state'

function withPrefix(prefix: string, map: WeightMap): [string, WeightTensor][] {
  return [...map].map(([name, tensor]) => [`${prefix}/${name}`, tensor])
}

function withoutPrefix(prefix: string, map: WeightMap): WeightMap {
  const start = `${prefix}/`
  return new Map(
    [...map].filter(([name]) => name.startsWith(start)).map(([name, tensor]) => [name.slice(start.length), tensor]),
  )
}

function assign(
  tfCore: Pick<typeof tf, 'tensor'>,
  name: string,
  variable: tf.Variable,
  tensor: WeightTensor | undefined,
): void {
  if (!tensor || tensor.shape.join() !== variable.shape.join()) {
    throw new UserError('The checkpoint does not fit this experiment.', {
      wanted: `${name} of shape [${variable.shape.join(', ')}]`,
      got: tensor ? `shape [${tensor.shape.join(', ')}]` : 'nothing under that name',
      where: name,
      action: 'Start the stage anew, or resume with the configuration that the checkpoint was written with.',
    })
  }
  const value = tfCore.tensor(toFloat32(tensor), [...tensor.shape], variable.dtype)
  variable.assign(value)
  value.dispose()
}

/** What was registered, by name. The order is that of registration, and of the checkpoint's file. */
interface Parts {
  readonly networks: Map<string, NetworkState>
  readonly variables: Map<string, Readonly<Record<string, tf.Variable>>>
  readonly plain: Map<string, PlainState>
  readonly pooled: Map<string, PooledState>
  readonly streams: Map<string, RandomStream>
}

/** An empty bundle whose streams start from `seed`. */
export function createStateBundle(seed: number, tfCore: Pick<typeof tf, 'tensor'>): StateBundle {
  const parts: Parts = {
    networks: new Map(),
    variables: new Map(),
    plain: new Map(),
    pooled: new Map(),
    streams: new Map(),
  }
  const { networks, variables, plain, pooled, streams } = parts
  const add = <Value>(map: Map<string, Value>, name: string, value: Value): void => {
    if ([networks, variables, plain, pooled].some((part) => part.has(name)))
      throw new Error(`State "${name}" was added twice.`)
    map.set(name, value)
  }
  return {
    addNetwork: (name, network) => add(networks, name, network),
    addVariables: (name, slots) => add(variables, name, slots),
    addPlain: (name, state) => add(plain, name, state),
    addPooled: (name, state) => add(pooled, name, state),
    stream(name) {
      let stream = streams.get(name)
      if (!stream) {
        stream = createStream(seed, name)
        streams.set(name, stream)
      }
      return stream
    },
    snapshot: () => snapshotOf(parts),
    restore(snapshot, { missing } = { missing: 'refuse' }) {
      restoreTensors(parts, snapshot.tensors, { missing, tfCore })
      for (const [name, state] of plain)
        if (missing === 'refuse' || name in snapshot.plain) state.write(snapshot.plain[name] ?? {})
      for (const state of snapshot.streams) {
        const existing = streams.get(state.name)
        if (existing) existing.restore(state)
        else streams.set(state.name, restoreStream(state))
      }
    },
  }
}

function snapshotOf({ networks, variables, pooled, plain, streams }: Parts): StateSnapshot {
  const tensors: WeightMap = new Map()
  for (const [name, network] of networks)
    for (const [key, tensor] of withPrefix(name, weightsOf(network))) tensors.set(key, tensor)
  for (const [name, slots] of variables) {
    for (const [key, variable] of Object.entries(slots))
      tensors.set(`${name}/${key}`, float32Tensor(variable.shape, Float32Array.from(variable.dataSync())))
  }
  for (const [name, state] of pooled)
    for (const [key, tensor] of withPrefix(name, state.read())) tensors.set(key, tensor)
  return {
    tensors,
    plain: Object.fromEntries([...plain].map(([name, state]) => [name, state.read()])),
    streams: [...streams.values()].map((stream) => stream.state()),
  }
}

interface RestoreOptions {
  /** keep: parts that the snapshot lacks stay as they are. */
  readonly missing: 'refuse' | 'keep'
  readonly tfCore: Pick<typeof tf, 'tensor'>
}

function restoreTensors({ networks, variables, pooled }: Parts, tensors: WeightMap, options: RestoreOptions): void {
  const held = new Set([...tensors.keys()].map((key) => key.slice(0, key.indexOf('/'))))
  const taken = (name: string): boolean => options.missing === 'refuse' || held.has(name)
  for (const [name, network] of networks) if (taken(name)) loadWeights(network, withoutPrefix(name, tensors))
  for (const [name, slots] of variables) {
    if (!taken(name)) continue
    for (const [key, variable] of Object.entries(slots))
      assign(options.tfCore, `${name}/${key}`, variable, tensors.get(`${name}/${key}`))
  }
  for (const [name, state] of pooled) state.write(withoutPrefix(name, tensors))
}
