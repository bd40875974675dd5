/** File formats that a model can be exported to, as the catalogue tells them. */
import type { FamilyDescription, ParameterSchema } from '../schema'

export interface ExportFormat {
  id: string
  title: string
  /** What such a file is for. */
  summary: string
  /** With the dot; a new file gets the first. */
  extensions: readonly string[]
  params: ParameterSchema
}

/** In the order in which they are offered. */
export const exportFormatsOf = (families: readonly FamilyDescription[]): ExportFormat[] =>
  families
    .filter(({ id }) => id === 'exporter')
    .flatMap(({ members }) => members)
    .map(({ id, title, summary, params, facts: { extensions } }) => ({
      id,
      title,
      summary,
      params,
      extensions: Array.isArray(extensions) ? extensions.map(String) : [],
    }))

/** The first format that a file's name asks for, or null. */
export const exportFormatOf = (path: string, formats: readonly ExportFormat[]): ExportFormat | null =>
  formats.find(({ extensions }) => extensions.some((extension) => path.toLowerCase().endsWith(extension))) ?? null
