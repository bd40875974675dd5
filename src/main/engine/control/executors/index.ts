/** The executors beside this machine; a new one is one folder and one line here. */
import type { ExecutorMember } from './members'

export const executorMembers: readonly ExecutorMember[] = []
