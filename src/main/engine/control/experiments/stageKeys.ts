/**
 * Keys of stages: a hash of everything that decides a stage's result. Two stages with one key are one stage.
 * In a key: the parameters that are shown and used, filled with their defaults; the keys of what a stage builds on; the
 * content of files in place of their paths; of a fork the checkpoint that it goes on from; the seed; the kind of
 * device, the precision, and whether steps are captured; the version of the numerics. Not in it: names, notes,
 * recording, threads, the executor.
 * Threads and processors may differ in the last bit (docs/decisions.md); devices differ in more, so the kind counts.
 */
import { createHash } from 'node:crypto'
import {
  poisoningSchema,
  kindsBefore,
  precisionOf,
  saidPrecision,
  pixelValuesOf,
  stageIdOf,
  type ExperimentConfig,
  type MemberChoice,
  type Precision,
  type StageKind,
  type StageName,
  type StudentPlan,
  type StudentPrefix,
} from '../../../../shared/domain'
import { defaultsOf, isVisible, type FamilyId, type ParameterSchema } from '../../../../shared/schema'
import { teacherTrainingSchema } from '../../families/teacherTraining'
import type { CostModel } from './costModel'
import type { MemberTable } from './memberTable'

/** Raised whenever a stage of the same configuration comes to other numbers than threads and processors make of it. */
export const numericsVersion = 1

/** Hexadecimal digits of a key: 128 bits. */
const keyDigits = 32

export interface StageKey extends StageName {
  readonly id: string
  readonly key: string
  /** The kind of device that the key stands for; undefined for data, which no device computes. */
  readonly keyDevice: 'cpu' | 'gpu' | undefined
  /** Keys of the stages of the same experiment that must be done before. */
  readonly after: readonly string[]
  /** The student equals the one of that key until after `step` pseudo batches; null where it begins by itself. */
  readonly prefix: StudentPrefix | null
}

export interface KeyContext {
  readonly table: MemberTable
  readonly costs: Pick<CostModel, 'distillation' | 'length'>
  /** Of the device that the stages will run on. */
  readonly device: 'cpu' | 'gpu'
  /** The teacher that is there, where its students build on that one whatever the configuration says. */
  readonly teacher?: (Pick<StageKey, 'key' | 'keyDevice'> & { readonly precision: Precision }) | undefined
  /** The student that all students of the experiment go on from, and after which step. */
  readonly fork?: Pick<StudentPrefix, 'key' | 'step'> | undefined
  /** Of a file's or folder's content; '' for none. */
  fingerprint(path: string): string
}

/** The stages of an experiment in their order, with their keys. */
export function stageKeysOf(config: ExperimentConfig, context: KeyContext): StageKey[] {
  const parts = partsOf(config, context)
  const { students } = config
  const data = keyOf('data', { ...parts.poisoned, method: students.length > 0 ? parts.method : null })
  const { device, fork } = context
  const { key, keyDevice } = context.teacher ?? { key: keyOf('teacher', parts.teacher), keyDevice: device }
  const teacher = { key, keyDevice }
  const keyOfKind: Partial<Record<StageKind, string>> = { data, teacher: teacher.key }
  const named = (name: StageName, more: Omit<StageKey, 'id' | 'after' | keyof StageName>): StageKey => ({
    ...name,
    id: stageIdOf(name),
    after: kindsBefore[name.kind].flatMap((kind) => keyOfKind[kind] ?? []),
    ...more,
  })
  const student = (plan: StudentPlan): string =>
    keyOf('student', {
      ...parts.common,
      teacher: teacher.key,
      seed: config.seed,
      network: parts.student,
      method: parts.method,
      defenses: plan.defenses.map((choice) => memberPart('defense', choice, context)),
      ...(fork ? { goesOnFrom: [fork.key, fork.step] } : {}),
    })
  const pseudoBatches = context.costs.distillation(config)?.pseudoBatches ?? 0
  return [
    named({ kind: 'data', index: 0 }, { key: data, keyDevice: undefined, prefix: null }),
    named({ kind: 'teacher', index: 0 }, { ...teacher, prefix: null }),
    ...students.map((plan, index) => {
      const { prefix, from } = context.costs.length(plan, pseudoBatches)
      const shared = prefix && !from && prefix.steps > 0
      return named(
        { kind: 'student', index },
        {
          key: student(plan),
          keyDevice: device,
          prefix: fork
            ? { ...fork, fork: true }
            : shared
              ? { key: student({ defenses: [...prefix.defenses] }), step: prefix.steps }
              : null,
        },
      )
    }),
  ]
}

/** What stages have in common. */
function partsOf(config: ExperimentConfig, context: KeyContext) {
  const { teacher, poisoning } = config
  const common = {
    numerics: numericsVersion,
    device: context.device,
    captured: config.execution.graph,
    // Left out where it is the ordinary one: stages from before there was a choice keep their keys.
    ...saidPrecision(precisionOf(config)),
    ...(context.device === 'gpu' ? { deterministic: config.execution.deterministic } : {}),
  }
  const trained = teacher.source === 'train'
  const training = decidingOf(teacherTrainingSchema, teacher.training, context)
  const images = {
    data: memberPart('dataset', config.data, context),
    attack: memberPart('attack', config.attack, context),
    target: poisoning.target,
  }
  const poisoned = trained
    ? { ...images, seed: config.seed, poisoning: decidingOf(poisoningSchema, poisoning, context) }
    : images
  const network = memberPart('architecture', teacher.architecture, context)
  return {
    common,
    poisoned: { ...poisoned, augmentation: trained ? [teacher.training.crop, teacher.training.flip] : null },
    teacher: trained
      ? { ...common, ...poisoned, network, training }
      : {
          ...common,
          ...images,
          network,
          file: context.fingerprint(teacher.file),
          input: pixelValuesOf(teacher),
          // Left out where it is not named: teachers from before it keep their keys.
          ...(teacher.weights ? { weights: teacher.weights } : {}),
        },
    student: memberPart('architecture', config.distillation.architecture, context),
    method: memberPart('distillation', config.distillation.method, context),
  }
}

const memberPart = (family: FamilyId, { id, params }: MemberChoice, context: KeyContext): [string, unknown] => {
  const schema = context.table.find(family, id)?.params
  return [id, schema ? decidingOf(schema, params, context) : params]
}

/** The parameters that are shown, with defaults for those that an earlier version did not know; files by content. */
function decidingOf(
  schema: ParameterSchema,
  given: Readonly<Record<string, unknown>>,
  context: Pick<KeyContext, 'fingerprint'>,
): Record<string, unknown> {
  const values: Record<string, unknown> = { ...defaultsOf(schema), ...given }
  return Object.fromEntries(
    Object.entries(schema).flatMap(([name, field]) => {
      if (!isVisible(field, values)) return []
      const value = values[name]
      if (field.laterAddition && value === field.default) return []
      return [[name, field.kind === 'path' && typeof value === 'string' ? context.fingerprint(value) : value]]
    }),
  )
}

const keyOf = (kind: string, parts: object): string =>
  createHash('sha256')
    .update(canonical([kind, parts]))
    .digest('hex')
    .slice(0, keyDigits)

/** JSON with sorted names, so that the order in which a configuration was put together does not count. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([left], [right]) => (left < right ? -1 : 1)))
      : entry,
  )
