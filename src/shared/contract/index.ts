/** What engine and callers agree on: the table of calls, the events, what a window can do. */
export * from './calls'
export * from './events'
export * from './check'
export * from './engineApi'
export * from './host'
export * from './window'
export type { LogLine } from './parts'
export type { Settings } from '../domain'
