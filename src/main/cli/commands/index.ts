/** The commands of `abd`, in the order of its help; a new one is one file and one line here. */
import type { CommandGroup, EngineCommand, LocalCommand } from './command'
import { analyse } from './analyse'
import { analyses } from './analyses'
import { archive } from './archive'
import { diff } from './diff'
import { doctor } from './doctor'
import { download } from './download'
import { evaluate } from './evaluate'
import { executors } from './executors'
import { exportWeights } from './export'
import { files } from './files'
import { fork } from './fork'
import { gather } from './gather'
import { importFile } from './import'
import { pause } from './pause'
import { reproduce } from './reproduce'
import { pixels } from './pixels'
import { resume } from './resume'
import { run } from './run'
import { runs } from './runs'
import { runtime } from './runtime'
import { settings } from './settings'
import { show } from './show'
import { stop } from './stop'
import { study } from './study'
import { table } from './table'
import { tag } from './tag'
import { twins } from './twins'

export const commands: readonly (EngineCommand | LocalCommand | CommandGroup)[] = [
  run,
  runs,
  show,
  pause,
  stop,
  resume,
  fork,
  twins,
  diff,
  tag,
  archive,
  gather,
  study,
  table,
  analyse,
  analyses,
  evaluate,
  pixels,
  importFile,
  exportWeights,
  reproduce,
  download,
  executors,
  settings,
  files,
  runtime,
  doctor,
]
