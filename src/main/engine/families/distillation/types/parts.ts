import type { PooledImages } from '../../../../../shared/domain'
import type { StepProgram } from '../../../graph/types'
import type { Augmentation, ImageSet, Normalization } from '../../../images/types'
import type { Classifier } from '../../../maths/nn/types'
import type { RandomStream } from '../../../maths/random'
import type { StateBundle } from '../state'

/** A square picture, rows of RGB or grey bytes. */
export interface Picture {
  readonly side: number
  readonly channels: 1 | 3
  readonly pixels: Uint8Array
}

/** What a distillation is made from, but for its defenses. */
export interface DistillationParts {
  /** Id of the data set that the models are for; its images stay with the stage. */
  readonly dataset: string
  readonly teacher: Classifier
  readonly student: Classifier
  readonly classes: number
  readonly image: { readonly height: number; readonly width: number; readonly channels: number }
  readonly normalization: Normalization
  /** How the reference varies training images of this data set. */
  readonly augmentation: Augmentation
  readonly program: StepProgram
  /** Named random streams; their states are part of every checkpoint. */
  readonly stream: (name: string) => RandomStream
  /** Networks, optimizer slots and counters join here to be saved and restored. */
  readonly state: StateBundle
  /**
   * The clean training images with their true labels: the privilege of methods that say `usesRealImages`; absent for
   * all others.
   */
  readonly realImages?: ImageSet
  /** What the method's loadPicture gave. */
  readonly picture?: Picture
  /** Told what each pseudo batch gives to a pool. */
  readonly pooled?: (images: PooledImages) => void
}
