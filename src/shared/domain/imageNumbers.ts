/** What the networks of a run say of each kept synthetic image: one row per image, as columns of equal length. */
import { z } from 'zod'

const whole = z.array(z.number().int())
/** null where a number is not finite. */
const values = z.array(z.number().nullable())

export const imageNumbersArtifact = z.object({
  /** Ids of the stages whose images these are; rows name them by their place in this list. */
  stages: z.array(z.string()).min(1),
  /** The known trigger that `correlation` is of; null without an attack, or where a trigger has no fixed pattern. */
  trigger: z.object({ id: z.string(), title: z.string() }).nullable(),
  /** The channel-shuffled teachers that were asked; null where the teacher's channels cannot be shuffled. */
  shuffled: z
    .object({
      members: z.number().int().min(1),
      layers: z.number().int().min(1),
      seed: z.number().int().min(0),
      /** Weight of the penalty. */
      coefficient: z.number(),
    })
    .nullable(),
  /** Kept images of these stages in all; rows are fewer where they were thinned evenly. */
  keptImages: z.number().int().min(0),
  /** Each as long as there are rows; a column that was not measured is null. */
  columns: z.object({
    /** Place in `stages`. */
    stage: whole,
    /** Of the kept grid. */
    step: whole,
    /** Place within the grid, from 0. */
    index: whole,
    /** −1 where the logits are not all finite. */
    teacherClass: whole,
    /** Softmax probability of that class, 0…1. */
    teacherConfidence: values,
    studentClass: whole.nullable(),
    studentConfidence: values.nullable(),
    /** Mean over the classes of KL(teacher ‖ student). */
    studentKl: values.nullable(),
    /** Mean over the classes of KL(teacher ‖ mean of the shuffled teachers). */
    shuffledKl: values.nullable(),
    /** 1 where the shuffled teachers, averaged, give the teacher's class: the vaccine suspects the image. */
    suspected: whole.nullable(),
    /** −coefficient · suspected · shuffledKl: what the image adds to the vaccine's penalty, before its mean. */
    penalty: values.nullable(),
    /** Correlation with the known trigger at its place, −1…1. */
    correlation: values.nullable(),
    /** Where the image lies in the plane of the teacher's features (UMAP), all students' images in one plane. */
    embeddingX: values.nullable().default(null),
    embeddingY: values.nullable().default(null),
  }),
})
export type ImageNumbersArtifact = z.infer<typeof imageNumbersArtifact>
