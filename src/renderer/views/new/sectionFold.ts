import { inject, provide, type ComputedRef, type InjectionKey } from 'vue'

/** Whether all parameters of a section of the form show, for the forms inside it. */
const key: InjectionKey<ComputedRef<boolean>> = Symbol('section fold')
export const provideSectionFold = (unfolded: ComputedRef<boolean>): void => provide(key, unfolded)
export const useSectionFold = (): ComputedRef<boolean> | undefined => inject(key, undefined)
