/** The calls about the engine itself: what it is, offers and is set to. */
import { z } from 'zod'
import {
  foldersOf,
  isAllowable,
  settingsSchema,
  type DeviceReport,
  type ExperimentConfig,
  type ExperimentPreset,
  type MetricDefinition,
  type Settings,
} from '../../domain'
import type { FamilyDescription, IntegerField, ParameterSchema } from '../../schema'
import { call, count, errorCause, lines, logLine, nothing, record } from '../parts'

const device = record<DeviceReport>()
const section = z.object({ title: z.string(), params: record<ParameterSchema>() })

/** Everything a form needs, as JSON. */
const catalogue = z.object({
  families: z.array(record<FamilyDescription>()),
  /** The sections that belong to no family. */
  sections: z.object({
    experiment: section,
    poisoning: section,
    teacher: section,
    training: section,
    recording: section,
    execution: section,
  }),
  metrics: z.record(z.string(), record<MetricDefinition>()),
  presets: z.array(record<ExperimentPreset>()),
  /** The configuration that an empty input resolves to. */
  defaults: record<ExperimentConfig>(),
})
export type Catalogue = z.infer<typeof catalogue>

/** Why a workspace is open read-only, in a sentence, with what to do. */
const readOnlyReason = z.object({
  /**
   * `owned`: another engine has it and does not answer; `media`: nothing can be written there; `full`: the disk has no
   * space; `gone`: the folder was removed, renamed or unmounted while the engine ran.
   */
  kind: z.enum(['owned', 'media', 'full', 'gone']),
  cause: errorCause,
})
export type ReadOnlyReason = z.infer<typeof readOnlyReason>

const info = z.object({
  product: z.literal('ABD Workbench'),
  version: z.string(),
  /** Absolute path. */
  workspace: z.string(),
  readOnly: z.boolean(),
  /** null where the workspace can be written to. */
  readOnlyReason: readOnlyReason.nullable(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  node: z.string(),
  platform: z.string(),
  cores: count,
  memoryBytes: z.number(),
  /** null until a trainer has reported. */
  device: device.nullable(),
  runtimeReady: z.boolean(),
  runtimeMessage: z.string().nullable(),
  /** Folders below which this caller has files read; null: whatever the engine's user may, as its owner. */
  folders: z.array(z.string()).nullable(),
})
export type EngineInfo = z.infer<typeof info>

const diskUse = z.object({
  workspaceBytes: count,
  imagesBytes: count,
  checkpointsBytes: count,
  databaseBytes: count,
  cacheBytes: count,
  freeBytes: count,
})
export type DiskUse = z.infer<typeof diskUse>

const within = ({ min, max }: IntegerField) => z.number().int().min(min).max(max)
const settings = z.strictObject({
  threads: within(settingsSchema.threads),
  slots: within(settingsSchema.slots),
  keptSteps: within(settingsSchema.keptSteps),
  imagesPerStep: within(settingsSchema.imagesPerStep),
  theme: z.enum(settingsSchema.theme.options.map(({ value }) => value)),
  notifications: z.boolean(),
  pageFolders: z
    .string()
    .max(settingsSchema.pageFolders.maxLength)
    .refine((text) => foldersOf(text).every(isAllowable), 'wanted absolute paths of folders, one a line'),
}) satisfies z.ZodType<Settings>

export const engineCalls = {
  'engine.info': call({ args: nothing, result: info }),
  /**
   * Tries again to write in a workspace that is open read-only. Where that succeeds every client is disconnected, and
   * finds it writable when it comes back. `takeOver`: also from the engine that is told to have it.
   */
  'engine.openForWriting': call({ args: z.strictObject({ takeOver: z.boolean() }), result: nothing }),
  'engine.catalogue': call({ args: nothing, result: catalogue }),
  'engine.settings': call({ args: nothing, result: settings }),
  'engine.setSettings': call({ args: settings.partial(), result: settings, changes: true }),
  'engine.diskUse': call({ args: nothing, result: diskUse }),
  /** Text without paths, tokens or user names. */
  'engine.diagnostics': call({ args: nothing, result: z.object({ text: z.string() }) }),
  /** Starts a short-lived trainer that runs an op and reports; cached until asked again with `fresh`. */
  /** `device: 'cpu'`: of the processor, also where there is a GPU. */
  'engine.device': call({
    args: z.strictObject({ fresh: z.boolean().optional(), device: z.literal('cpu').optional() }),
    result: device,
  }),
  'engine.log': call({ args: z.strictObject({ lines }), result: z.array(logLine) }),
}
