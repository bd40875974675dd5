/** `abd runtime …`: TensorFlow on this machine, without an engine. */
import type { CommandGroup } from '../command'
import { install } from './install'
import { pack } from './pack'
import { show } from './show'
import { unpack } from './unpack'

export const runtime: CommandGroup = {
  name: 'runtime',
  description: 'TensorFlow on this machine: what is there, fetching it, a bundle for machines without a network',
  usual: show.name,
  commands: [show, install, pack, unpack],
}
