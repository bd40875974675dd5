/** The analyses that have a view of their own, by the name that they declare. */
import type { Component } from 'vue'
import Classes from './Classes.vue'
import type { MemberDescription } from '@shared/schema'
import { analysisFacts } from './shown'
import Suspects from './Suspects.vue'

export const analysisViews: Readonly<Record<string, Component>> = { Classes, Suspects }

/** The analysis whose artifacts are the confusion matrices of a model's test images. */
export const confusionAnalysis = (members: readonly MemberDescription[]): MemberDescription | undefined =>
  members.find((member) => {
    const { view } = analysisFacts(member)
    return view.kind === 'component' && analysisViews[view.component] === Classes
  })
