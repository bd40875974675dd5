import { flattenConfig, type ExperimentConfig } from '@shared/domain'
import type { MemberDescription, ParameterSchema } from '@shared/schema'
import { useEngineStore } from '../../stores/engine'
import { seedsField } from './formSections'

/** Leads to a member's parameters: everything before it names the member. */
const parametersOfMember = '.params.'

/** The label of the field that a path leads to, where one of the declarations has it. */
export function useFieldLabels(config: () => ExperimentConfig | null): (path: string) => string {
  const engine = useEngineStore()
  function memberOf(path: string): MemberDescription | undefined {
    const place = path.slice(0, path.indexOf(parametersOfMember))
    const id = flattenConfig(config()).find(([candidate]) => candidate === `${place}.id`)?.[1]
    return engine.catalogue?.families.flatMap((family) => family.members).find((member) => member.id === id)
  }
  return (path) => {
    if (path === 'seeds') return seedsField.label
    const name = path.split('.').at(-1) ?? path
    const own = path.includes(parametersOfMember) ? memberOf(path)?.params[name] : undefined
    const schemas: ParameterSchema[] = [
      ...Object.values(engine.catalogue?.sections ?? {}).map((section) => section.params),
      ...(engine.catalogue?.families ?? []).flatMap((family) => family.members.map((member) => member.params)),
    ]
    return own?.label ?? schemas.find((schema) => Object.hasOwn(schema, name))?.[name]?.label ?? path
  }
}
