/** The shape of every message that a page may send; what differs is refused before anything reads it. */
import { z } from 'zod'
import { maximumMessageBytes } from '../../shared/rpc'
import type { PageChannel } from './channels'

/** Larger than any export; below it main's memory is safe. */
const maximumFileBytes = 512 << 20
const maximumText = 10 << 20

const text = (length: number) => z.string().max(length)
const bytes = (length: number) =>
  z
    .custom<Uint8Array>((value) => value instanceof Uint8Array, 'no bytes')
    .refine(({ byteLength }) => byteLength <= length, `more than ${length} bytes`)
const channelId = z.int().positive()
const path = text(4096).refine((value) => !value.includes('\0'), 'a path without zeros')

/** By channel: the arguments as a tuple. */
export const messages = {
  open: z.tuple([]),
  frame: z.tuple([channelId, bytes(maximumMessageBytes)]),
  close: z.tuple([channelId]),
  choosePath: z.tuple([
    z.strictObject({
      select: z.enum(['file', 'folder', 'fileOrFolder']),
      title: text(300),
      extensions: z
        .array(text(20).regex(/^[\w.-]+$/))
        .max(50)
        .optional(),
    }),
  ]),
  saveFile: z.tuple([
    z.strictObject({
      name: text(255),
      data: z.union([bytes(maximumFileBytes), text(maximumFileBytes)]),
      type: text(100),
    }),
  ]),
  openExternal: z.tuple([text(2048)]),
  copyText: z.tuple([text(maximumText)]),
  revealPath: z.tuple([path]),
  notify: z.tuple([z.strictObject({ title: text(10_000), body: text(10_000), path })]),
  setProgress: z.tuple([z.number().min(0).max(1).nullable()]),
  recentWorkspaces: z.tuple([]),
  openWorkspace: z.tuple([path.nullable()]),
} as const satisfies Record<PageChannel, z.ZodType<unknown[]>>

export type Message<Channel extends PageChannel> = z.infer<(typeof messages)[Channel]>
