import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../shared/schema'

/** Images as bytes, NHWC, with integer labels. */
export interface ImageSet {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  readonly pixels: Uint8Array
  readonly labels: Int32Array
}

/** Per channel, in units of [0, 1] intensities: normalised = (x/255 − mean) / standardDeviation. */
export interface Normalization {
  readonly mean: readonly number[]
  readonly standardDeviation: readonly number[]
}

export interface LoadedDataset {
  readonly id: string
  readonly title: string
  readonly classNames: readonly string[]
  readonly train: ImageSet
  readonly test: ImageSet
  readonly normalization: Normalization
}

export interface DatasetContext {
  /** Per-user cache folder of the product; a data set keeps its own subfolder. */
  readonly cacheFolder: string
  readonly signal?: AbortSignal
  readonly onProgress?: (fraction: number, message: string) => void
}

export interface Dataset<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** @throws RefusedInputError that says what is wrong with which file and record */
  load(params: ValuesOf<S>, context: DatasetContext): Promise<LoadedDataset>
}

/** Types the member's own parameters, then forgets them for the registry. */
export const defineDataset = <S extends ParameterSchema>(dataset: Dataset<S>): Dataset => dataset as unknown as Dataset
