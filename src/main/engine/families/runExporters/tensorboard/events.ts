/**
 * Events of TensorBoard as bytes. Field numbers: tensorflow/core/util/event.proto (Event 1 wall time, 2 step, 3 file
 * version, 5 summary, 7 session log), framework/summary.proto (Value 1 tag, 2 number, 4 image, 9 metadata),
 * tensorboard/plugins/hparams/{api,plugin_data}.proto.
 */
import { MessageWriter } from '../../../graph/protobuf'

export type HyperparameterValue = string | number | boolean

/** Milliseconds since 1970 as the format has them. */
const seconds = (milliseconds: number): number => milliseconds / 1000

const event = (time: number, step: number): MessageWriter => new MessageWriter().double(1, seconds(time)).int(2, step)

/** Every file begins with it. */
export const fileVersion = (time: number): Uint8Array =>
  new MessageWriter().double(1, seconds(time)).string(3, 'brain.Event:2').finish()

/** Readers forget what they have seen from this step on: it is recorded anew. */
export const restartAt = (time: number, step: number): Uint8Array =>
  event(time, step).message(7, new MessageWriter().int(1, 1)).finish()

/** Several numbers of one step. */
export function scalars(time: number, step: number, values: readonly (readonly [tag: string, value: number])[]) {
  const summary = new MessageWriter()
  for (const [tag, value] of values) summary.message(1, new MessageWriter().string(1, tag).float(2, value))
  return event(time, step).message(5, summary).finish()
}

export interface EventImage {
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
}

export function image(time: number, step: number, tag: string, { png, width, height }: EventImage): Uint8Array {
  // Colour space 3: RGB; the file itself tells it too.
  const picture = new MessageWriter().int(1, height).int(2, width).int(3, 3).bytes(4, png)
  const value = new MessageWriter().string(1, tag).message(4, picture)
  return event(time, step).message(5, new MessageWriter().message(1, value)).finish()
}

export const sessionTags = { start: '_hparams_/session_start_info', end: '_hparams_/session_end_info' } as const

/** A record of the HParams plugin: its own message as metadata of a value that is none. */
function ofHyperparameters(time: number, tag: string, content: MessageWriter): Uint8Array {
  const plugin = new MessageWriter().string(1, 'hparams').bytes(2, content.finish())
  const value = new MessageWriter().string(1, tag).message(9, new MessageWriter().message(1, plugin))
  return event(time, 0).message(5, new MessageWriter().message(1, value)).finish()
}

function hyperparameterValue(value: HyperparameterValue): MessageWriter {
  const message = new MessageWriter()
  switch (typeof value) {
    case 'number':
      return message.double(2, value)
    case 'boolean':
      return message.bool(4, value)
    default:
      return message.string(3, value)
  }
}

/**
 * A model with its settings. No table of all settings is written (HParams' `experiment`): TensorBoard makes it from the
 * sessions below its folder, so that runs of other members lie beside each other with all their columns.
 * @param group sessions of one group are one row
 */
export function sessionStart(
  time: number,
  settings: Readonly<Record<string, HyperparameterValue>>,
  group: string,
): Uint8Array {
  const start = new MessageWriter()
  for (const [name, value] of Object.entries(settings))
    start.message(1, new MessageWriter().string(1, name).message(2, hyperparameterValue(value)))
  start.string(4, group).double(5, seconds(time))
  return ofHyperparameters(time, sessionTags.start, new MessageWriter().int(1, 0).message(3, start))
}

const statusNumbers = { success: 1, failure: 2, running: 3 } as const
export type SessionStatus = keyof typeof statusNumbers

export function sessionEnd(time: number, status: SessionStatus): Uint8Array {
  const end = new MessageWriter().int(1, statusNumbers[status]).double(2, seconds(time))
  return ofHyperparameters(time, sessionTags.end, new MessageWriter().int(1, 0).message(4, end))
}
