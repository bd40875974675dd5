/** Formats that a pivot is written in; a new one is one file and one line here. */
import { csv } from './csv'
import type { PivotFormat } from './format'
import { json } from './json'
import { latex } from './latex'
import { markdown } from './markdown'

export const pivotFormats: readonly PivotFormat[] = [csv, markdown, latex, json]

export { bestPlaces, placeOf } from './best'
export {
  defaultShown,
  type PivotBold,
  type PivotExport,
  type PivotFormat,
  type PivotOrigin,
  type PivotShown,
} from './format'
export { comparisonNote, differenceNotes, probabilityText, textTable, type TextTable } from './table'
