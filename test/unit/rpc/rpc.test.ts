import { describe, expect, it, vi } from 'vitest'
import {
  clientLimits,
  createEngineClient,
  decodeClientFrame,
  decodeServerFrame,
  encodeFrame,
  serveEngine,
  shed,
  type ClientFrame,
  type FrameChannel,
  type ServerFrame,
} from '../../../src/shared/rpc'
import { memoryChannelPair } from '../../fakes/memoryChannel'
import type { EngineApi, EngineEvents } from '../../../src/shared/contract'
import { RefusedInputError, UserError } from '../../../src/shared/errors'
import { createFakeEngine } from '../../fakes/engine'

const settle = () => new Promise((resolve) => setTimeout(resolve, 5))

function connect(engine: EngineApi, options: Parameters<typeof createEngineClient>[1] = {}) {
  const ends: { client: FrameChannel; server: ReturnType<typeof memoryChannelPair>[1] }[] = []
  const client = createEngineClient(
    async () => {
      const [own, other] = memoryChannelPair()
      ends.push({ client: own, server: other })
      serveEngine(engine, other)
      return own
    },
    { firstDelay: 1, ...options },
  )
  return { client, ends }
}

describe('frames', () => {
  it('keep typed arrays, undefined and special numbers', () => {
    const value = {
      steps: new Float64Array([1, 2.5, NaN]),
      pixels: new Uint8Array([1, 2, 255]),
      nothing: null,
      absent: undefined,
      big: 2 ** 53,
    }
    const frame = decodeServerFrame(encodeFrame({ answer: 'result', id: 3, value }))
    expect(frame).toEqual({ answer: 'result', id: 3, value })
    expect(frame.answer === 'result' && (frame.value as typeof value).steps).toBeInstanceOf(Float64Array)
  })

  it('are bytes of their own, whatever is encoded next', () => {
    const first = encodeFrame({ answer: 'event', id: 1, value: 'first' })
    const copy = first.slice()
    encodeFrame({ answer: 'event', id: 2, value: 'second, longer' })
    expect(first).toEqual(copy)
    expect(first.buffer.byteLength).toBe(first.byteLength)
  })

  it.each([new Uint8Array([0xc1]), new Uint8Array(), encodeFrame({ answer: 'result', id: 1, value: 1 })])(
    'refuse what is none',
    (bytes) => {
      expect(() => decodeClientFrame(bytes)).toThrow()
    },
  )
})

describe('client and server', () => {
  it('carry a call and its result', async () => {
    const { client } = connect(createFakeEngine({ finishedRuns: 1 }))
    const [run] = await client.call('runs.list', {})
    const { series } = await client.call('runs.metrics', {
      runId: run?.id ?? '',
      stageId: 'student-1',
      names: ['studentLoss'],
    })
    expect(series.studentLoss?.values).toBeInstanceOf(Float64Array)
    client.close()
  })

  it('carry errors with every part of their chain', async () => {
    const failure = new RefusedInputError('No.', {
      wanted: 'a',
      got: 'b',
      where: 'c',
      action: 'd',
      cause: new Error('deep'),
    })
    const { client } = connect(createFakeEngine({ failures: { 'engine.info': failure } }))
    const error = await client.call('engine.info', {}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RefusedInputError)
    expect(error).toMatchObject({
      message: 'No.',
      wanted: 'a',
      got: 'b',
      where: 'c',
      action: 'd',
      cause: { message: 'deep' },
    })
    client.close()
  })

  it('cancel a call at the engine too', async () => {
    let seen: AbortSignal | undefined
    const engine: EngineApi = {
      call: (_name, _args, signal) => {
        seen = signal
        return new Promise(() => undefined)
      },
      subscribe: () => () => undefined,
    }
    const { client } = connect(engine)
    const controller = new AbortController()
    const call = client.call('engine.info', {}, controller.signal)
    await settle()
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    await settle()
    expect(seen?.aborted).toBe(true)
    client.close()
  })

  it('end subscriptions at the engine when the client leaves', async () => {
    const end = vi.fn()
    const engine: EngineApi = { call: () => Promise.reject(new Error('unused')), subscribe: () => end }
    const { client } = connect(engine)
    client.subscribe('run.changed', {}, () => undefined)
    await settle()
    client.close()
    await settle()
    expect(end).toHaveBeenCalledTimes(1)
  })

  it('subscribe again after a lost connection, and fail what was in flight', async () => {
    const engine = createFakeEngine()
    let hang = true
    const slow: EngineApi = {
      ...engine,
      call: (name, args, signal) => (hang ? new Promise(() => undefined) : engine.call(name, args, signal)),
      subscribe: engine.subscribe,
    }
    const { client, ends } = connect(slow)
    const states: string[] = []
    client.onConnection((state) => states.push(state))
    const names: string[] = []
    client.subscribe('run.changed', {}, ({ run }) => names.push(run.name))
    const lost = client.call('engine.info', {}).catch((error: unknown) => error)
    await settle()
    hang = false
    ends[0]?.server.close()
    await expect(lost).resolves.toBeInstanceOf(UserError)
    // A call made while there is no connection waits for the next one.
    await client.call('runs.start', { config: { name: 'after' } })
    await settle()
    expect(states).toEqual(['connected', 'connecting', 'connected'])
    expect(names).toContain('after')
    client.close()
  })

  it('give up a call when no connection comes in time', async () => {
    const client = createEngineClient(() => Promise.reject(new Error('refused')), {
      connectionTimeout: 20,
      firstDelay: 5,
    })
    await expect(client.call('engine.info', {})).rejects.toThrow('connection')
    client.close()
  })

  it('close the channel of a peer that sends rubbish', async () => {
    const [own, other] = memoryChannelPair()
    const onFault = vi.fn()
    serveEngine(createFakeEngine(), other, { onFault })
    const closed = vi.fn()
    own.onClose(closed)
    own.send(new Uint8Array([1, 2, 3]))
    await settle()
    expect(closed).toHaveBeenCalled()
    expect(onFault).toHaveBeenCalled()
  })
})

describe('back-pressure', () => {
  const images: EngineEvents['run.images'] = {
    runId: 'a',
    stageId: 'student-1',
    step: 1,
    images: { step: 1, count: 1, height: 1, width: 1, channels: 3, pixels: new Uint8Array(3) },
  }
  it('leaves live images behind first, then the telling; never metrics', () => {
    const metrics: EngineEvents['run.metrics'] = { runId: 'a', stageId: 'student-1', series: {} }
    expect(shed('run.images', images, 0)).toBe(images)
    expect(shed('run.images', images, 2 << 20)).toEqual({ ...images, images: null })
    expect(shed('run.images', images, 9 << 20)).toBeNull()
    expect(shed('run.metrics', metrics, 1 << 30)).toBe(metrics)
  })

  it('is applied to what waits in the carrier', async () => {
    const engine = createFakeEngine()
    const { client, ends } = connect(engine)
    const received: (EngineEvents['run.images'] | EngineEvents['run.metrics'])[] = []
    client.subscribe('run.images', {}, (event) => received.push(event))
    client.subscribe('run.metrics', {}, (event) => received.push(event))
    await settle()
    const server = ends[0]?.server
    if (server) server.waitingBytes = 2 << 20
    engine.emit('run.images', images)
    engine.emit('run.metrics', {
      runId: 'a',
      stageId: 'student-1',
      series: { loss: { steps: new Float64Array([1]), values: new Float64Array([2]) } },
    })
    await settle()
    expect(received[0]).toMatchObject({ images: null })
    expect(received[1]).toMatchObject({ series: { loss: { values: new Float64Array([2]) } } })
    client.close()
  })
})

describe('what one client may have at a time', () => {
  /** A client that sends what it likes, on an engine whose calls end when a test says so. */
  function greedy() {
    const begun: (() => void)[] = []
    let subscribed = 0
    const engine: EngineApi = {
      call: () => new Promise((resolve) => begun.push(() => resolve({} as never))),
      subscribe: () => {
        subscribed += 1
        return () => undefined
      },
    }
    const [own, other] = memoryChannelPair()
    const heard: ServerFrame[] = []
    own.onMessage((bytes) => heard.push(decodeServerFrame(bytes)))
    serveEngine(engine, other)
    return {
      begun,
      subscribed: () => subscribed,
      refused: () => heard.flatMap((frame) => (frame.answer === 'error' ? [frame.causes[0]?.message] : [])),
      send: (frame: ClientFrame) => own.send(encodeFrame(frame)),
      call: (id: number, args: unknown = {}) => own.send(encodeFrame({ verb: 'call', id, name: 'engine.info', args })),
    }
  }
  const tooMuch = 'This client asks for too much at once.'

  it('some calls at work; the others follow as these end, and one that was cancelled does not', async () => {
    const { begun, call, send } = greedy()
    for (let id = 1; id <= clientLimits.atWork + 2; id++) call(id)
    send({ verb: 'cancel', id: clientLimits.atWork + 1 })
    await expect.poll(() => begun.length).toBe(clientLimits.atWork)
    begun[0]?.()
    await expect.poll(() => begun.length).toBe(clientLimits.atWork + 1)
    begun[1]?.()
    await settle()
    expect(begun).toHaveLength(clientLimits.atWork + 1)
  })

  it('so many that wait, and so many bytes of them', async () => {
    const many = greedy()
    for (let id = 1; id <= clientLimits.atWork; id++) many.call(id)
    await expect.poll(() => many.begun.length).toBe(clientLimits.atWork)
    for (let id = 1; id <= clientLimits.waiting + 1; id++) many.call(clientLimits.atWork + id)
    await expect.poll(many.refused).toEqual([tooMuch])
    const large = greedy()
    for (let id = 1; id <= clientLimits.atWork; id++) large.call(id)
    await expect.poll(() => large.begun.length).toBe(clientLimits.atWork)
    for (const id of [101, 102, 103]) large.call(id, 'x'.repeat(clientLimits.waitingBytes / 2 - 100))
    await expect.poll(large.refused).toEqual([tooMuch])
  })

  it('so many subscriptions', async () => {
    const { send, subscribed, refused } = greedy()
    for (let id = 1; id <= clientLimits.subscriptions + 1; id++)
      send({ verb: 'subscribe', id, name: 'run.changed', filter: {} })
    await expect.poll(refused).toEqual([tooMuch])
    expect(subscribed()).toBe(clientLimits.subscriptions)
  })
})
