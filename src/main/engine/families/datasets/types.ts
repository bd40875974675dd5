import type { RefusedInputError } from '../../../../shared/errors'
import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { FileTree } from './files/fileTree'
import type { Augmentation, ImageRange, ImageSet, ImageShape, Normalization } from '../../images/types'

export interface LoadedDataset {
  readonly id: string
  readonly title: string
  readonly classNames: readonly string[]
  readonly train: ImageSet
  readonly test: ImageSet
  readonly normalization: Normalization
  /**
   * What the researcher should know about these files (cut-down set, guessed names …); sentences for a warning list.
   */
  readonly notes?: readonly string[]
}

export interface DatasetContext {
  /** Per-user cache folder of the product; a data set keeps its own subfolder. */
  readonly cacheFolder: string
  readonly signal?: AbortSignal
  readonly onProgress?: (fraction: number, message: string) => void
}

/** An official file of a data set, for the download manager. */
export interface DatasetSource {
  readonly url: string
  readonly fileName: string
  /**
   * As its publisher or a library that reads the same file states it; where it is absent, the file counts as unchecked.
   */
  readonly md5?: string
  readonly bytes?: number
}

/** What forms may show before anything is loaded; JSON. */
export interface DatasetFacts {
  readonly classNames?: readonly string[]
  /** Number of classes, where every copy of the set has the same. */
  readonly classes?: number
  /** False where the set is made by code. */
  readonly needsFiles: boolean
  /**
   * How the reference varies this set's training images (ABD cmi/registry.py); where it does not know the set, what
   * does no harm to its classes.
   */
  readonly augmentation: Augmentation
  /** Terms of use, one line. */
  readonly licence: string
  readonly sources?: readonly DatasetSource[]
}

/** Data of a layout not known yet, looked at by their names alone. */
export interface FoundData {
  readonly path: string
  /**
   * The folder, or the names in an archive, read once for all members; null for another kind of file and where nothing
   * can be opened. @throws RefusedInputError for a damaged or unsafe archive
   */
  tree(): Promise<FileTree | null>
}

/** How far files are from a layout. */
export interface LayoutDistance {
  /** Share of what the layout needs that is there, below 1; 0 without a trace of it. */
  readonly closeness: number
  /** What was found of it, a clause: "2 of 6 files missing: …". */
  readonly found: string
  /** What loading would end with; null where the names are not enough to tell that this layout is meant. */
  readonly refusal: RefusedInputError | null
}

/** What a member says of data by their names: the parameters with which it would read them, or how far they are. */
export type LayoutMatch<P = Record<string, unknown>> = LayoutFit<P> | LayoutDistance

export interface LayoutFit<P> {
  readonly params: Partial<P>
  /** True of a layout so wide that one which is nearly there, by half at least, is meant instead. */
  readonly lastResort?: boolean
}

export interface Dataset<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  readonly facts: DatasetFacts
  /** Shape of the images with these parameters, for estimates and early checks; 32×32 RGB where it is absent. */
  image?(params: ValuesOf<S>): ImageShape
  /** How many images it has with these parameters, where that is known before they are read. */
  imageCounts?(params: ValuesOf<S>): { readonly train: number; readonly test: number }
  /** How many training images each class has with these parameters, where every copy of the set has the same. */
  trainPerClass?(params: ValuesOf<S>): readonly number[]
  /**
   * Yields to the event loop every few milliseconds. @throws RefusedInputError that says what is wrong with which file
   * and record
   */
  load(params: ValuesOf<S>, context: DatasetContext): Promise<LoadedDataset>
  /** A few images without loading all of them, where that is possible; the range is cut to the set's size. */
  preview?(params: ValuesOf<S>, context: DatasetContext, range: ImageRange): Promise<ImageSet>
  /** All labels without loading any image, where they are known beforehand. */
  labels?(params: ValuesOf<S>): { train: Int32Array; test: Int32Array }
  /** Looks at names only. */
  match?(found: FoundData): Promise<LayoutMatch<ValuesOf<S>>>
}

/** Types the member's own parameters, then forgets them for the registry. */
export const defineDataset = <S extends ParameterSchema>(dataset: Dataset<S>): Dataset => dataset as unknown as Dataset
