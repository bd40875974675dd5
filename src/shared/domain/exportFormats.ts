/** Forms that models and runs leave the program in, as the catalogue tells them. */
import type { FamilyDescription, FamilyId, MemberDescription, ParameterSchema } from '../schema'

interface Form {
  id: string
  title: string
  /** What it is for. */
  summary: string
  params: ParameterSchema
}

/** A file format of models. */
export interface ExportFormat extends Form {
  /** With the dot; a new file gets the first. */
  extensions: readonly string[]
}

/** Where a run goes: a new or empty folder, a new file, or a server. */
export type RunTarget =
  | { readonly kind: 'folder' }
  /** With the dot; a new file gets the first. */
  | { readonly kind: 'file'; readonly extensions: readonly string[] }
  | { readonly kind: 'address'; readonly example: string }

/** A form that a run is written in as a whole. */
export interface RunFormat extends Form {
  target: RunTarget
  /** How it is opened, in a line. */
  opens: string
}

const membersOf = (families: readonly FamilyDescription[], family: FamilyId): readonly MemberDescription[] =>
  families.filter(({ id }) => id === family).flatMap(({ members }) => members)

const formOf = ({ id, title, summary, params }: MemberDescription): Form => ({ id, title, summary, params })

/** Formats of models, in the order in which they are offered. */
export const exportFormatsOf = (families: readonly FamilyDescription[]): ExportFormat[] =>
  membersOf(families, 'exporter').map((member) => ({
    ...formOf(member),
    extensions: Array.isArray(member.facts.extensions) ? member.facts.extensions.map(String) : [],
  }))

/** Forms of runs, in the order in which they are offered. */
export const runFormatsOf = (families: readonly FamilyDescription[]): RunFormat[] =>
  membersOf(families, 'runExporter').map((member) => ({
    ...formOf(member),
    target: member.facts.target as RunTarget,
    opens: String(member.facts.opens),
  }))

/** The first format that a file's name asks for, or null. */
export const exportFormatOf = <Format extends { readonly extensions: readonly string[] }>(
  path: string,
  formats: readonly Format[],
): Format | null =>
  formats.find(({ extensions }) => extensions.some((extension) => path.toLowerCase().endsWith(extension))) ?? null
