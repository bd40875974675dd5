/** The analyses that have a view of their own, by the name that they declare. */
import type { Component } from 'vue'
import Classes from './Classes.vue'
import Suspects from './Suspects.vue'

export const analysisViews: Readonly<Record<string, Component>> = { Classes, Suspects }
