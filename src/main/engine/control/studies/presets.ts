/** The studies that come with the product: one file under resources/studies and one line here. */
import type { StudyPreset } from '../../../../shared/domain'
import cifar10Cmi from '../../../../../resources/studies/cifar10-cmi.yml?raw'
import cifar10EffectOod from '../../../../../resources/studies/cifar10-effect-ood.yml?raw'
import cifar10EffectZskt from '../../../../../resources/studies/cifar10-effect-zskt.yml?raw'
import cifar10Ood from '../../../../../resources/studies/cifar10-ood.yml?raw'
import cifar10Zskt from '../../../../../resources/studies/cifar10-zskt.yml?raw'
import gtsrbZskt from '../../../../../resources/studies/gtsrb-zskt.yml?raw'
import signsDemonstration from '../../../../../resources/studies/signs-demonstration.yml?raw'
import signsEffectCleanLabel from '../../../../../resources/studies/signs-effect-clean-label.yml?raw'
import signsEffectCmi from '../../../../../resources/studies/signs-effect-cmi.yml?raw'
import signsEffectOod from '../../../../../resources/studies/signs-effect-ood.yml?raw'
import signsEffectZskt from '../../../../../resources/studies/signs-effect-zskt.yml?raw'
import signsPrecision from '../../../../../resources/studies/signs-precision.yml?raw'
import signsSmall from '../../../../../resources/studies/signs-small.yml?raw'
import type { MemberTable } from '../experiments/memberTable'
import { readStudyFile } from './file/read'

const files: readonly (readonly [id: string, text: string])[] = [
  ['signs-small', signsSmall],
  ['signs-effect-ood', signsEffectOod],
  ['signs-effect-clean-label', signsEffectCleanLabel],
  ['signs-demonstration', signsDemonstration],
  ['signs-effect-zskt', signsEffectZskt],
  ['signs-effect-cmi', signsEffectCmi],
  ['signs-precision', signsPrecision],
  ['cifar10-effect-zskt', cifar10EffectZskt],
  ['cifar10-effect-ood', cifar10EffectOod],
  ['cifar10-zskt', cifar10Zskt],
  ['gtsrb-zskt', gtsrbZskt],
  ['cifar10-cmi', cifar10Cmi],
  ['cifar10-ood', cifar10Ood],
]

/** @param table the members that the files name */
export const studyPresets = (table: MemberTable): StudyPreset[] =>
  files.map(([id, text]) => {
    const definition = readStudyFile(text, { table })
    return { id, title: definition.name, description: definition.note, definition }
  })
