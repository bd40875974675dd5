/** The executors beside this machine; a new one is one folder and one line here. */
import type { ExecutorMember } from './members'
import { slurm } from './slurm/member'

export const executorMembers: readonly ExecutorMember[] = [slurm]
