/** Loaded with `--import` before the entry of a process: the plan is in its environment. */
import { arm, planVariable, type FaultPlan } from './layer'

const plan = process.env[planVariable]
if (plan !== undefined) arm(JSON.parse(plan) as FaultPlan)
