import { createRouter, createWebHashHistory, type Router } from 'vue-router'

export function createWorkbenchRouter(): Router {
  const router = createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', alias: '/runs', name: 'home', component: () => import('./views/home/HomeView.vue') },
      { path: '/new', name: 'new', component: () => import('./views/new/NewExperimentView.vue') },
      { path: '/runs/:runId/:tab?', name: 'run', component: () => import('./views/run/RunView.vue'), props: true },
      { path: '/queue', name: 'queue', component: () => import('./views/queue/QueueView.vue') },
      { path: '/studies', name: 'studies', component: () => import('./views/studies/StudiesView.vue') },
      { path: '/studies/new', name: 'newStudy', component: () => import('./views/newStudy/NewStudyView.vue') },
      {
        path: '/studies/:studyId/:tab?',
        name: 'study',
        component: () => import('./views/study/StudyView.vue'),
        props: true,
      },
      { path: '/compare', name: 'compare', component: () => import('./views/compare/CompareView.vue') },
      { path: '/explorer', name: 'explorer', component: () => import('./views/explorer/ExplorerView.vue') },
      { path: '/time', name: 'timeMachine', component: () => import('./views/timeMachine/TimeMachineView.vue') },
      { path: '/runtime', name: 'runtime', component: () => import('./views/runtime/RuntimeView.vue') },
      {
        path: '/settings/:tab?',
        name: 'settings',
        component: () => import('./views/settings/SettingsView.vue'),
        props: true,
      },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  })
  followEarlyAddress(router)
  return router
}

/**
 * The router hears of changed addresses only once its first view is there, and then puts that view's in their place:
 * one that is given before (typed, or by another program) is followed then.
 */
function followEarlyAddress(router: Router): void {
  let given: string | null = null
  const note = (): void => {
    given = window.location.hash.slice(1)
  }
  const follow = (): void => {
    window.removeEventListener('hashchange', note)
    if (given !== null) router.replace(given).catch(() => undefined)
  }
  window.addEventListener('hashchange', note)
  // Of a view that cannot be loaded, this one or the first, the router tells.
  router.isReady().then(follow, follow)
}
