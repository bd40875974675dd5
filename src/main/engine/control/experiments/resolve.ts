/**
 * Turns what a caller sends into a complete, checked configuration. Pure: works on declarations alone, so that the fake
 * engine shares it.
 */
import {
  executionSchema,
  experimentSchema,
  poisoningSchema,
  proposedIntervals,
  recordingSchema,
  teacherSourceSchema,
  type ExperimentConfig,
  type MemberChoice,
  type PartialExperimentConfig,
  type StudentPlan,
} from '../../../../shared/domain'
import { orMeant } from '../../../../shared/nearest'
import { memberDefaults, validateParameters, type FamilyId, type Issue } from '../../../../shared/schema'
import { teacherTrainingSchema } from '../../families/teacherTraining'
import { crossCheck } from './crossChecks'
import type { MemberTable } from './memberTable'

export interface Resolution {
  config: ExperimentConfig
  issues: Issue[]
}

/** At most this many students in one experiment. */
export const studentLimit = 16
const defenseLimit = 4

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** Collects issues while it reads one part of the input. */
class Reader {
  readonly issues: Issue[] = []
  constructor(private readonly table: MemberTable) {}

  error(path: string, message: string): void {
    this.issues.push({ path, severity: 'error', message })
  }

  /** The input as an object with known keys only; anything else is an issue and counts as empty. */
  section(input: unknown, path: string, known: readonly string[]): Record<string, unknown> {
    if (input === undefined) return {}
    if (!isRecord(input)) {
      this.error(path, `wanted a set of values (${known.join(', ')}), got ${shown(input)}`)
      return {}
    }
    for (const key of Object.keys(input)) {
      if (!known.includes(key))
        this.error(
          path === '' ? key : `${path}.${key}`,
          `is not known here${orMeant(key, known)}; known: ${known.join(', ')}`,
        )
    }
    return input
  }

  parameters<S extends Parameters<typeof validateParameters>[0]>(schema: S, input: unknown, path: string) {
    const result = validateParameters(schema, input, path)
    this.issues.push(...result.issues)
    return result.values
  }

  member(family: FamilyId, input: unknown, path: string, role?: string): MemberChoice {
    const given = this.section(input, path, ['id', 'params'])
    const fallback = this.table.family(family)[0]
    const id = given.id ?? fallback?.id
    const member = typeof id === 'string' ? this.table.find(family, id) : undefined
    if (!member) {
      const known = this.table.family(family).map((entry) => entry.id)
      const list = known.join(', ') || 'none (this family is empty)'
      this.error(`${path}.id`, `wanted one of ${list}${orMeant(String(given.id), known)}, got ${shown(given.id)}`)
      return fallback
        ? { id: fallback.id, params: this.parameters(fallback.params, {}, `${path}.params`) }
        : { id: '', params: {} }
    }
    const params =
      isRecord(given.params) || given.params === undefined
        ? { ...memberDefaults(member, role), ...given.params }
        : given.params
    return { id: member.id, params: this.parameters(member.params, params, `${path}.params`) }
  }

  /** `method` names what each defense defaults to: its settings of that name, where it has some. */
  students(input: unknown, method: string): StudentPlan[] {
    if (input === undefined) return this.defaultStudents(method)
    if (!Array.isArray(input) || input.length > studentLimit) {
      this.error('students', `wanted a list of at most ${studentLimit} students, got ${shown(input)}`)
      return this.defaultStudents(method)
    }
    return input.map((entry: unknown, index) => this.student(entry, `students.${index}`, method))
  }

  private student(input: unknown, path: string, method: string): StudentPlan {
    const given = this.section(input, path, ['defenses'])
    if (given.defenses === undefined) return { defenses: [] }
    if (!Array.isArray(given.defenses) || given.defenses.length > defenseLimit) {
      this.error(`${path}.defenses`, `wanted a list of at most ${defenseLimit} defenses, got ${shown(given.defenses)}`)
      return { defenses: [] }
    }
    return {
      defenses: given.defenses.map((entry: unknown, index) =>
        this.member('defense', entry, `${path}.defenses.${index}`, method),
      ),
    }
  }

  private defaultStudents(method: string): StudentPlan[] {
    const defense = this.table.family('defense')[0]
    const undefended: StudentPlan = { defenses: [] }
    return defense
      ? [undefended, { defenses: [this.member('defense', { id: defense.id }, 'students.1.defenses.0', method)] }]
      : [undefended]
  }
}

const topLevel = [
  'format',
  'name',
  'seed',
  'data',
  'attack',
  'poisoning',
  'teacher',
  'distillation',
  'students',
  'recording',
  'execution',
]

/**
 * Fills every default and checks every value; never throws for bad input. The returned configuration is always
 * complete:
 * where a value was refused, it holds the default, and an issue of severity 'error' says so.
 */
export function resolveExperiment(input: PartialExperimentConfig | undefined, table: MemberTable): Resolution {
  const reader = new Reader(table)
  const given = reader.section(input, '', topLevel)
  if (given.format !== undefined && given.format !== 1) reader.error('format', `wanted 1, got ${shown(given.format)}`)
  const { name, seed } = reader.parameters(experimentSchema, pick(given, ['name', 'seed']), '')
  const ofFile = Object.keys(teacherSourceSchema)
  const teacher = reader.section(given.teacher, 'teacher', [...ofFile, 'architecture', 'training'])
  const distillation = reader.section(given.distillation, 'distillation', ['architecture', 'method'])
  const method = reader.member('distillation', distillation.method, 'distillation.method')
  const config: ExperimentConfig = {
    format: 1,
    name,
    seed,
    data: reader.member('dataset', given.data, 'data'),
    attack: reader.member('attack', given.attack, 'attack'),
    poisoning: reader.parameters(poisoningSchema, given.poisoning, 'poisoning'),
    teacher: {
      ...(reader.parameters(teacherSourceSchema, pick(teacher, ofFile), 'teacher') as Omit<
        ExperimentConfig['teacher'],
        'architecture' | 'training'
      >),
      architecture: reader.member('architecture', teacher.architecture, 'teacher.architecture', 'teacher'),
      training: reader.parameters(teacherTrainingSchema, teacher.training, 'teacher.training'),
    },
    distillation: {
      architecture: reader.member('architecture', distillation.architecture, 'distillation.architecture', 'student'),
      method,
    },
    students: reader.students(given.students, method.id),
    recording: reader.parameters(
      recordingSchema,
      isRecord(given.recording) || given.recording === undefined
        ? { ...proposedIntervals(table.find('distillation', method.id), method.params), ...given.recording }
        : given.recording,
      'recording',
    ),
    execution: reader.parameters(executionSchema, given.execution, 'execution'),
  }
  const issues = reader.issues.map((issue) => ({ ...issue, path: issue.path.replace(/^\./, '') }))
  return { config, issues: [...issues, ...crossCheck(config, table)] }
}

const pick = (source: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.filter((key) => key in source).map((key) => [key, source[key]]))
