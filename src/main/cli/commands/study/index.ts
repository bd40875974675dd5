/** `abd study …`, in the order of its help; a new one is one file and one line here. */
import type { CommandGroup } from '../command'
import { cancel } from './cancel'
import { exportTable } from './export'
import { extend } from './extend'
import { list } from './list'
import { pause } from './pause'
import { resume } from './resume'
import { retry } from './retry'
import { show } from './show'
import { start } from './start'
import { watch } from './watch'

export const study: CommandGroup = {
  name: 'study',
  description: 'many runs over axes, as one: a table of triggers, defenses and seeds',
  commands: [start, list, show, watch, pause, resume, retry, extend, cancel, exportTable],
}
