/** What is written of studies and their cells. */
import type { CellLabels, StageKind, StudyDefinition } from '../../../../shared/domain'

export interface StoredStudy {
  readonly id: string
  readonly name: string
  readonly note: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly endedAt: number | null
  /** With every axis that the cells have. */
  readonly definition: StudyDefinition
  readonly priority: number
  /** What was asked of the whole study last. */
  readonly asked: 'run' | 'pause' | 'cancel'
  /** Of a strategy that searches: whether it has something left to try. */
  readonly search: 'none' | 'going' | 'over'
  /** Keys of stages that were done before they were asked for. */
  readonly reused: readonly string[]
}

/** A stage of a cell, as it was planned. */
export interface StoredStage {
  readonly id: string
  readonly kind: StageKind
  readonly key: string
  /** Estimated working seconds. */
  readonly seconds: number
}

export interface StoredCell {
  readonly index: number
  readonly axes: CellLabels
  readonly runId: string | null
  readonly stages: readonly StoredStage[]
  /** It was given up; its run is stopped, or was never made. */
  readonly cancelled: boolean
  /** Of studies that search: which trial it belongs to, and the value of each axis. */
  readonly trial?: { readonly number: number; readonly point: readonly number[] }
  /** Pseudo batches after which it rests. */
  readonly until?: number
  /** Values at the ends that were set for it. */
  readonly rungs?: readonly { readonly step: number; readonly value: number }[]
}

export interface StudiesTable {
  /** Oldest first; what cannot be read is left out. */
  all(): { readonly study: StoredStudy; readonly cells: readonly StoredCell[] }[]
  insert(study: StoredStudy): void
  update(study: StoredStudy): void
  /** New ones, and those that are there already in their new form. */
  putCells(studyId: string, cells: readonly StoredCell[]): void
  remove(studyId: string): void
  /** All or nothing; within a transaction that is open already, part of it. */
  transaction<Result>(work: () => Result): Result
}
