import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { ErrorPage } from './ui/error-page.tsx';
import { NotFoundPage } from './ui/not-found-page.tsx';
import { Shell } from './ui/shell.tsx';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundPage,
  errorComponent: ErrorPage,
});

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/home/home-page.tsx'), 'HomePage'),
});

const experiments = createRoute({
  getParentRoute: () => root,
  path: '/experiments',
  component: lazyRouteComponent(() => import('./pages/experiments/experiments-page.tsx'), 'ExperimentsPage'),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId',
  component: lazyRouteComponent(() => import('./pages/runs/runs-page.tsx'), 'RunsPage'),
});

const run = createRoute({
  getParentRoute: () => root,
  // What follows the run is the tab, and below `artifacts` the path of the file.
  path: '/experiments/$experimentId/runs/$runId/$',
  component: lazyRouteComponent(() => import('./pages/run/run-page.tsx'), 'RunPage'),
});

const loggedModel = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId/models/$modelId/$',
  component: lazyRouteComponent(
    () => import('./pages/logged-model/logged-model-page.tsx'),
    'LoggedModelPage',
  ),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: '/compare',
  component: lazyRouteComponent(() => import('./pages/compare/compare-page.tsx'), 'ComparePage'),
});

const models = createRoute({
  getParentRoute: () => root,
  path: '/models',
  component: lazyRouteComponent(() => import('./pages/models/models-page.tsx'), 'ModelsPage'),
});

const model = createRoute({
  getParentRoute: () => root,
  path: '/models/$name',
  component: lazyRouteComponent(() => import('./pages/model/model-page.tsx'), 'ModelPage'),
});

const modelVersion = createRoute({
  getParentRoute: () => root,
  path: '/models/$name/versions/$version',
  component: lazyRouteComponent(
    () => import('./pages/model-version/model-version-page.tsx'),
    'ModelVersionPage',
  ),
});

const endpoints = createRoute({
  getParentRoute: () => root,
  path: '/endpoints',
  component: lazyRouteComponent(() => import('./pages/endpoints/endpoints-page.tsx'), 'EndpointsPage'),
});

const endpoint = createRoute({
  getParentRoute: () => root,
  path: '/endpoints/$name',
  component: lazyRouteComponent(() => import('./pages/endpoint/endpoint-page.tsx'), 'EndpointPage'),
});

const catalog = createRoute({
  getParentRoute: () => root,
  path: '/catalog',
  component: lazyRouteComponent(() => import('./pages/catalog/catalog-page.tsx'), 'CatalogPage'),
});

const access = createRoute({
  getParentRoute: () => root,
  path: '/access',
  component: lazyRouteComponent(() => import('./pages/access/access-page.tsx'), 'AccessPage'),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
});

const secrets = createRoute({
  getParentRoute: () => root,
  path: '/secrets',
  component: lazyRouteComponent(() => import('./pages/secrets/secrets-page.tsx'), 'SecretsPage'),
});

const sql = createRoute({
  getParentRoute: () => root,
  path: '/sql',
  component: lazyRouteComponent(() => import('./pages/sql/sql-page.tsx'), 'SqlPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
});

/** Every page and its address; what a page shows is in its search parameters, so that every state is a link. */
export const router = createRouter({
  routeTree: root.addChildren([
    home,
    experiments,
    runs,
    run,
    loggedModel,
    compare,
    models,
    model,
    modelVersion,
    endpoints,
    endpoint,
    catalog,
    access,
    audit,
    secrets,
    sql,
    settings,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
