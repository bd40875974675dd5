/**
 * The calls of the engine, one table: arguments, result and whether a call writes stand here once; types, the check at
 * the engine's door and the refusal in a read-only workspace follow from it. A new call is one entry, and its handler.
 */
import type { z } from 'zod'
import type { Caller } from '../caller'
import { analysisCalls } from './analyses'
import { datasetCalls } from './dataset'
import { engineCalls } from './engine'
import { executorCalls } from './executors'
import { experimentCalls } from './experiment'
import { exportCalls } from './exports'
import { modelCalls } from './model'
import { runCalls } from './runs'
import { runtimeCalls } from './runtime'
import { studyCalls } from './studies'
import { tableCalls } from './table'

export const calls = {
  ...engineCalls,
  ...experimentCalls,
  ...datasetCalls,
  ...runCalls,
  ...modelCalls,
  ...analysisCalls,
  ...exportCalls,
  ...studyCalls,
  ...executorCalls,
  ...tableCalls,
  ...runtimeCalls,
}

export type EngineCallName = keyof typeof calls
export type CallArgs<K extends EngineCallName> = z.infer<(typeof calls)[K]['args']>
export type CallResult<K extends EngineCallName> = z.infer<(typeof calls)[K]['result']>

/** The functions that answer some of the calls. */
export type CallHandlers<K extends EngineCallName = EngineCallName> = {
  [N in K]: (
    args: CallArgs<N>,
    signal?: AbortSignal,
    /** Default: the engine's owner. */
    caller?: Caller,
  ) => Promise<CallResult<N>> | CallResult<N>
}

/** Names of the calls of one topic: `CallsOf<'runs'>`. */
export type CallsOf<Topic extends string> = Extract<EngineCallName, `${Topic}.${string}`>

export type { Catalogue, DiskUse, EngineInfo, ReadOnlyReason } from './engine'
export type { PatchPreview, TimeEstimate, TriggerPreview } from './experiment'
export type { ResumePoint } from './runs'
export type { DatasetInfo } from './dataset'
export type { EvaluatedModel, ModelReport } from './model'
