/** Another program's sweep as a study: which parameters become which of ours, and what is not understood, and why. */
import {
  ownMachine,
  withConfigValue,
  type AxisValue,
  type PartialExperimentConfig,
  type StudyAxis,
  type StudyDefinition,
  type StudyRemark,
} from '../../../../../shared/domain'
import { ExhaustiveError } from '../../../../../shared/errors'
import { nearest } from '../../../../../shared/nearest'
import type { MemberTable } from '../../experiments/memberTable'
import { axisPaths, namedAxes } from '../axes'
import { baseOfSweep, strategyOfSweep } from './base'
import { defenseValues, type DefenseSettings } from './defenses'
import { sweepOf, type SweepFile, type SweepParameter } from './parameters'
import { rules, type SweepProgram, type SweepRule } from './rules'

type DefenseRule = Extract<SweepRule, { rule: 'defense' }>

export interface ReadSweep {
  readonly definition: StudyDefinition
  readonly remarks: readonly StudyRemark[]
}

export const readSweep = (content: Record<string, unknown>, table: MemberTable): ReadSweep =>
  new SweepReader(sweepOf(content), table).read()

const shown = (values: readonly unknown[]): string => {
  const list = values.slice(0, 12).map(String).join(', ')
  return values.length > 12 ? `${list}, …` : list
}
const numeric = (text: string): unknown => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : text)

class SweepReader {
  private readonly remarks: StudyRemark[] = []
  private readonly axes = new Map<string, StudyAxis>()
  private readonly switches = new Map<string, boolean[]>()
  private readonly tuned = new Map<string, Map<string, readonly unknown[]>>()
  private config: PartialExperimentConfig = {}
  /** By parameters of their own, and by names that tell several settings. */
  private readonly fixed = new Map<string, unknown>()
  private readonly told = new Map<string, unknown>()
  private preset: string | undefined
  private readonly program: SweepProgram | undefined
  /** The program's name of the data set. */
  private data = ''

  constructor(
    private readonly sweep: SweepFile,
    private readonly table: MemberTable,
  ) {
    this.program = rules.programs.find(({ program }) => program === sweep.program)
  }

  read(): ReadSweep {
    this.chooseBase()
    for (const parameter of this.withDefaults()) this.take(parameter)
    this.addDefenses()
    for (const key of this.sweep.others)
      this.remark(key, 'ignored', 'says nothing about cells; runs are kept and compared here')
    const definition = this.definition()
    return { remarks: this.remarks, definition }
  }

  private remark(path: string, kind: StudyRemark['kind'], message: string): void {
    this.remarks.push({ path, kind, message })
  }

  private definition(): StudyDefinition {
    const { name = 'Sweep', program } = this.sweep
    const { strategy, remarks } = strategyOfSweep(this.sweep, this.table)
    this.remarks.push(...remarks)
    return {
      format: 1,
      name: name.slice(0, 200),
      note: `Read from a sweep of ${this.program?.title ?? program ?? 'another program'}.`,
      base: { ...(this.preset === undefined ? {} : { preset: this.preset }), config: this.config },
      // Seeds last: they are averaged, not compared.
      axes: [...this.axes.values()].sort((left, right) => Number(left.path === 'seed') - Number(right.path === 'seed')),
      exclude: [],
      conditions: [],
      strategy,
      order: 'seedsLast',
      executor: ownMachine,
      priority: 0,
    }
  }

  private chooseBase(): void {
    const { preset, dataName, data, remarks } = baseOfSweep(this.sweep, this.program, this.table)
    this.preset = preset
    this.data = dataName
    this.remarks.push(...remarks)
    if (data !== undefined) this.fix('data', { id: data })
  }

  /** The program's own defaults act where the sweep says nothing, and where the base has something else. */
  private withDefaults(): SweepParameter[] {
    const given = new Set(this.sweep.parameters.map(({ name }) => name))
    const defaults = Object.entries(this.program?.defaults ?? {})
      .filter(([name]) => !given.has(name) && this.program?.parameters[name]?.rule !== 'data')
      .map(([name, value]): SweepParameter => ({ name, place: `default of --${name}`, values: [value] }))
    // What a later place says of a parameter replaces what an earlier one says.
    return [
      ...new Map([...defaults, ...this.sweep.parameters].map((parameter) => [parameter.name, parameter])).values(),
    ]
  }

  private take(parameter: SweepParameter): void {
    const { name, place, fault } = parameter
    if (fault !== undefined) return this.remark(place, 'refused', fault)
    const rule = this.program?.parameters[name] ?? this.commonRule(name)
    if (rule) return this.apply(rule, parameter)
    const paths = axisPaths(this.table)
    if (paths.has(name)) return this.vary(name, parameter)
    const near = nearest(name, [...paths.keys()])
    this.remark(
      place,
      'refused',
      `is no parameter that is known here${near === undefined ? '' : `; the nearest is ${near}`}`,
    )
  }

  private apply(rule: SweepRule, parameter: SweepParameter): void {
    switch (rule.rule) {
      case 'path':
        return this.vary(rule.path, parameter)
      case 'member':
        return this.varyMember(rule, parameter)
      case 'data':
        return this.remarkData(parameter)
      case 'network':
        return this.varyNetwork(rule.path, parameter)
      case 'evenly':
        return this.vary(rule.path, {
          ...parameter,
          values: parameter.values?.map((times) => Math.max(1, Math.round(this.length() / Number(times)))),
        })
      case 'parts':
        return this.readParts(rule.parts, parameter)
      case 'switch':
        return this.turn(rule.defense, parameter)
      case 'defense':
        return this.tune(rule, parameter)
      case 'ignored':
        return this.remark(parameter.place, 'ignored', rule.why)
      default:
        throw new ExhaustiveError(rule)
    }
  }

  private commonRule(name: string): SweepRule | undefined {
    return this.program && Object.hasOwn(rules.ignored, name)
      ? { rule: 'ignored', why: rules.ignored[name] ?? '' }
      : undefined
  }

  /** In the program's own steps. */
  private length(): number {
    const { parameter, default: otherwise } = this.program?.length ?? { parameter: '', default: 1 }
    return Number(this.withDefaults().find(({ name }) => name === parameter)?.values?.[0] ?? otherwise)
  }

  private fix(path: string, value: unknown): void {
    this.config = withConfigValue(this.config, path, value)
    this.fixed.set(path, value)
  }

  /** A name that tells several settings may contradict a parameter; the parameter holds. */
  private remarkContradiction(path: string, value: unknown, place: string): void {
    const told = this.told.get(path)
    if (told !== undefined && this.fixed.has(path) && told !== value)
      this.remark(
        place,
        'ignored',
        `the teacher’s name says ${path} = ${String(told)}; ${String(value)} holds for its training and for the rates alike`,
      )
  }

  /** One value is the base's; several, and seeds, are an axis. */
  private vary(path: string, { place, values, range }: SweepParameter): void {
    if (range) {
      this.axes.set(path, { path, range })
      return this.remark(place, 'read', `${path}: ${range.low} to ${range.high}`)
    }
    const [first] = values ?? []
    if (values?.length === 1 && path !== 'seed') {
      this.fix(path, first)
      this.remark(place, 'read', `${path} = ${String(first)}`)
      return this.remarkContradiction(path, first, place)
    }
    this.axes.set(path, { path, values: (values ?? []).map((value) => ({ label: String(value), value })) })
    this.remark(place, 'read', `axis ${path}: ${shown(values ?? [])}`)
  }

  private varyMember(rule: Extract<SweepRule, { rule: 'member' }>, { place, values = [] }: SweepParameter): void {
    const { path } = rule
    const family = namedAxes[path]?.family
    const known = values.filter((id) => family !== undefined && this.table.find(family, String(id)))
    const unknown = values.filter((id) => !known.includes(id))
    if (unknown.length > 0) this.remark(place, 'refused', `there is no ${family ?? path} called ${shown(unknown)}`)
    if (known.length === 0) return
    if (rule.keepsParameters === true && known.length === 1) {
      // The base's method already, with the settings that the sweep is about.
      this.fix(namedAxes[path]?.place ?? path, { id: known[0] })
      return this.remark(place, 'read', `${path} ${String(known[0])}`)
    }
    this.axes.set(path, {
      path,
      values: known.map((id): AxisValue => ({ label: String(id), value: { id, params: {} } })),
    })
    this.remark(place, 'read', `axis ${path}: ${shown(known)}`)
  }

  private remarkData({ place, values = [] }: SweepParameter): void {
    if (values.length > 1) this.remark(place, 'refused', 'names several data sets; the first is taken')
    else if (Object.hasOwn(this.program?.bases ?? {}, this.data))
      this.remark(place, 'read', `data ${this.program?.bases[this.data]?.data ?? ''}`)
  }

  private varyNetwork(path: string, { place, values = [] }: SweepParameter): void {
    const networks = values.flatMap((value) => {
      const name = String(value)
      for (const { pattern, id, params } of rules.networks) {
        const match = new RegExp(pattern, 'i').exec(name)
        if (match)
          return [
            { name, member: { id, params: Object.fromEntries(params.map((key, at) => [key, Number(match[at + 1])])) } },
          ]
      }
      this.remark(place, 'refused', `"${name}" is no network that is known here by such a name`)
      return []
    })
    const [first] = networks
    if (networks.length === 1 && first) {
      this.fix(path, first.member)
      return this.remark(place, 'read', `${path} = ${first.name}`)
    }
    if (networks.length > 1)
      this.remark(place, 'refused', 'names several networks; a study varies depth and width by their paths')
  }

  /** A name that tells several settings. */
  private readParts(which: string, { place, values = [] }: SweepParameter): void {
    const parts = rules.parts[which]
    const match = parts && new RegExp(parts.pattern).exec(String(values[0]))
    if (!parts || !match || values.length > 1)
      return this.remark(
        place,
        'ignored',
        `"${shown(values)}" does not tell how a teacher was trained; name its file by teacher.file`,
      )
    parts.paths.forEach((path, index) => {
      const text = match[index + 1] ?? ''
      const value = parts.words[text] ?? numeric(text)
      this.told.set(path, value)
      if (this.fixed.has(path)) this.remarkContradiction(path, this.fixed.get(path), place)
      else this.config = withConfigValue(this.config, path, value)
    })
    this.remark(place, 'read', parts.why)
  }

  private turn(defense: string, { place, values = [] }: SweepParameter): void {
    const states = values.map(Boolean)
    this.switches.set(defense, states)
    if (!place.startsWith('default'))
      this.remark(
        place,
        'read',
        `axis defenses: ${states.map((on) => (on ? `with ${defense}` : `without ${defense}`)).join(' and ')}`,
      )
  }

  private tune(rule: DefenseRule, { place, values = [] }: SweepParameter): void {
    const { defense, parameter, off } = rule
    if (off !== undefined)
      this.switches.set(
        defense,
        values.map((value) => Number(value) !== off),
      )
    const taken = values
      .filter((value) => Number(value) !== off || off === undefined)
      .map((value) => this.ours(rule, value))
    const known = taken.filter((value) => value !== undefined)
    const own = this.tuned.get(defense) ?? new Map<string, readonly unknown[]>()
    if (known.length > 0) this.tuned.set(defense, own.set(parameter, known))
    if (place.startsWith('default')) return
    if (known.length < taken.length)
      this.remark(
        place,
        'refused',
        rule.otherwise ?? `wanted a checkpoint's name like ${rule.checkpoint ?? ''}, got ${shown(values)}`,
      )
    if (known.length > 0) this.remark(place, 'read', `${parameter} of ${defense}: ${shown(known)}`)
    else if (taken.length === 0) this.remark(place, 'read', `without ${defense}`)
  }

  /** One value as ours; undefined where it is none. */
  private ours({ checkpoint, values }: DefenseRule, value: unknown): unknown {
    if (values) return values[String(value)]
    if (checkpoint === undefined) return value
    const match = new RegExp(checkpoint).exec(String(value))
    const perStep = this.program?.length.perStep ?? 1
    return match ? Math.max(0, this.length() - (Number(match[1]) + 1)) * perStep : undefined
  }

  private addDefenses(): void {
    const { program, table } = this
    if (!program) return
    const settings = Object.entries(program.settings).map(([id, byData]): DefenseSettings => ({
      id,
      settings: byData[this.data],
      on: this.switches.get(id) ?? [],
      parameters: this.tuned.get(id) ?? new Map(),
    }))
    const unused = settings.filter(({ id, on }) => !on.includes(true) && this.tuned.has(id))
    for (const { id } of unused)
      for (const remark of this.remarks.filter(({ message }) => message.includes(` of ${id}: `)))
        this.remarks[this.remarks.indexOf(remark)] = { ...remark, kind: 'ignored', message: `${id} is switched off` }
    this.axes.set('defenses', { path: 'defenses', values: defenseValues(settings, table) })
  }
}
