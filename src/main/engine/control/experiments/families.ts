/**
 * The registries as control needs them: descriptions for forms and checks. None of them loads TensorFlow's library.
 * `facts` are what views and checks need of a member beside its parameters, as data, so that the fake engine can have
 * its own: of a data set its classes and sources; of an attack whether it is clean-label; of an architecture which
 * parameter switches its batch norms, whether it has convolutions behind the first and whether only a file can bring
 * it; of a method which of its
 * parameters give its length and its batch, decide what a checkpoint holds (of a defense too), compare levels of
 * activations, need batch norms or give intervals of recording, and whether its images are real; of a defense whether
 * it is given clean images (`privileged`); of a strategy whether it searches.
 */
import type { AnalysisFacts, MetricDefinition } from '../../../../shared/domain'
import { describeRegistry, metricsOfMembers, onlyFromFile, type FamilyDescription } from '../../../../shared/schema'
import { analyses, type Analysis } from '../../families/analyses'
import { architectures } from '../../families/architectures'
import { attacks } from '../../families/attacks'
import { datasets } from '../../families/datasets'
import { defenses } from '../../families/defenses'
import { exporters } from '../../families/exporters'
import { runExporters } from '../../families/runExporters'
import { importers } from '../../families/importers'
import { distillationMethods } from '../../families/distillation'
import { terms } from '../../families/distillation/terms'
import { strategies } from '../../families/strategies'

export { attacks, datasets, distillationMethods }

const numbersOf = ({ numbers = {} }: Analysis): AnalysisFacts['numbers'] =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, { title, definition, unit }]) => [name, { title, definition, unit }]),
  )

export const families: readonly FamilyDescription[] = [
  describeRegistry(datasets, (member) => ({ ...member.facts })),
  describeRegistry(attacks, (member) => ({ cleanLabel: member.cleanLabel })),
  describeRegistry(architectures, (member) => ({
    batchNorm: member.batchNorm ?? true,
    hiddenConvolutions: member.hiddenConvolutions ?? true,
    ...(member.onlyFromFile && { [onlyFromFile]: true }),
  })),
  describeRegistry(distillationMethods, (member) => ({
    usesRealImages: member.usesRealImages === true,
    batchNormParameters: member.batchNormParameters ?? [],
    levelParameters: member.levelParameters ?? [],
    lengthParameters: member.lengthParameters ?? [],
    stateParameters: member.stateParameters ?? [],
    ...(member.batchParameter === undefined ? {} : { batchParameter: member.batchParameter }),
    recording: { ...member.recording },
    ...(member.patchPreview ? { patchPreview: member.patchPreview.parameters } : {}),
  })),
  describeRegistry(defenses, (member) => ({
    stateParameters: member.stateParameters ?? [],
    needsHiddenConvolutions: member.needsHiddenConvolutions === true,
    privileged: member.privileged === true,
  })),
  describeRegistry(analyses, (member) => ({
    view: member.view,
    empty: member.empty ?? null,
    numbers: numbersOf(member),
    ...(member.when === 'asked' ? { asked: member.subject } : {}),
  })),
  describeRegistry(importers, ({ extensions }) => ({ extensions: [...extensions] })),
  describeRegistry(exporters, ({ extensions, needs }) => ({ extensions: [...extensions], needs })),
  describeRegistry(runExporters, ({ target, opens }) => ({ target: { ...target }, opens })),
  describeRegistry(strategies, ({ search }) => ({ searches: search !== undefined })),
]

/** What members record by themselves, as the catalogue names it. */
export const memberMetrics: Readonly<Record<string, MetricDefinition>> = metricsOfMembers([
  ...distillationMethods.members,
  ...terms.members,
  ...defenses.members,
  ...analyses.members,
])
