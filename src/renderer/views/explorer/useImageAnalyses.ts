import { computed } from 'vue'
import { useRouter } from 'vue-router'
import type { MemberDescription } from '@shared/schema'
import { useConnection } from '../../api/connection'
import { analysisFacts } from '../../analyses/shown'
import { useEngineStore } from '../../stores/engine'
import { useNoticesStore } from '../../stores/notices'

/** A kept image as an analysis is told of it. */
export interface AskedImage {
  readonly runId: string
  readonly stageId: string
  readonly at: number
  readonly index: number
}

/** Analyses that look at one kept image: asked from the image itself, seen on the page of its run. */
export function useImageAnalyses() {
  const { engine } = useConnection()
  const router = useRouter()
  const store = useEngineStore()
  const notices = useNoticesStore()
  const members = computed(() => store.membersOf('analysis').filter((member) => analysisFacts(member).asked?.image))
  const ask = (member: MemberDescription, { runId, stageId, at, index }: AskedImage): Promise<unknown> =>
    notices.attempt(`“${member.title}” could not be asked.`, async () => {
      const names = analysisFacts(member).asked?.image
      if (!names) return
      const params = { [names.step]: at, [names.index]: index }
      await engine.call('analyses.start', { runId, analysis: member.id, params, stageIds: [stageId] })
      await router.push(`/runs/${runId}/analyses`)
    })
  return { members, ask }
}
