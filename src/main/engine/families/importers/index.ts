/**
 * What weights are read from: one importer per file format, and the report on a file whatever its format. Nothing in a
 * file is built or run; what an importer gives are names, shapes and places, and values only of files that pass.
 */
export { importers } from './registry'
export { importCheckpoint, inspectCheckpoint } from './checkpoint'
export type { ImportedCheckpoint, ImportOptions, ImportReport } from './checkpoint'
export type { Finding, IgnoredPart, Importer } from './types'
export type { RecognizedArchitecture } from './recognition'
