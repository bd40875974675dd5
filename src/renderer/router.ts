import { createRouter, createWebHashHistory, type Router } from 'vue-router'

export function createWorkbenchRouter(): Router {
  return createRouter({
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
}
