import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { Phase } from "@/shared/api/types";
import { Empty, Failure } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";
import { Shell } from "./Shell";

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Page title="Not found">
      <Empty title="There is no page at this address">Follow the navigation to what you are looking for.</Empty>
    </Page>
  ),
  errorComponent: ({ error, reset }) => (
    <Page title="Something broke">
      <Failure what="this page" error={error} retry={reset} />
    </Page>
  ),
});

const dashboard = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search): { q?: string; phase?: Phase } => ({ q: text(search.q), phase: text(search.phase) as Phase | undefined }),
  component: lazyRouteComponent(() => import("./routes/dashboard"), "Dashboard"),
});

const create = createRoute({
  getParentRoute: () => root,
  path: "/new",
  validateSearch: (search): { from?: string; source?: string; transform?: string } => ({
    from: text(search.from),
    source: text(search.source),
    transform: text(search.transform),
  }),
  component: lazyRouteComponent(() => import("./routes/create"), "Create"),
});

const edit = createRoute({
  getParentRoute: () => root,
  path: "/pipelines/$name/edit",
  component: lazyRouteComponent(() => import("./routes/edit"), "Edit"),
});

const detail = createRoute({
  getParentRoute: () => root,
  path: "/pipelines/$name",
  component: lazyRouteComponent(() => import("./routes/detail"), "Detail"),
});
const overview = createRoute({
  getParentRoute: () => detail,
  path: "/",
  component: lazyRouteComponent(() => import("./routes/overview"), "Overview"),
});
const trial = createRoute({
  getParentRoute: () => detail,
  path: "/try",
  component: lazyRouteComponent(() => import("./routes/try"), "Try"),
});
const deadLetters = createRoute({
  getParentRoute: () => detail,
  path: "/dead-letters",
  component: lazyRouteComponent(() => import("./routes/dead-letters"), "DeadLetters"),
});
const history = createRoute({
  getParentRoute: () => detail,
  path: "/history",
  component: lazyRouteComponent(() => import("./routes/history"), "History"),
});
const scaling = createRoute({
  getParentRoute: () => detail,
  path: "/scaling",
  component: lazyRouteComponent(() => import("./routes/scaling"), "Scaling"),
});
const config = createRoute({
  getParentRoute: () => detail,
  path: "/config",
  component: lazyRouteComponent(() => import("./routes/config"), "Config"),
});

const pipelines = createRoute({
  getParentRoute: () => root,
  path: "/pipelines",
  beforeLoad: () => {
    throw redirect({ to: "/" });
  },
});

const topics = createRoute({
  getParentRoute: () => root,
  path: "/topics",
  validateSearch: (search): { q?: string } => ({ q: text(search.q) }),
  component: lazyRouteComponent(() => import("./routes/topics"), "Topics"),
});
const topic = createRoute({
  getParentRoute: () => root,
  path: "/topics/$topic",
  component: lazyRouteComponent(() => import("./routes/topic"), "Topic"),
});
const schemas = createRoute({
  getParentRoute: () => root,
  path: "/schemas",
  validateSearch: (search): { q?: string } => ({ q: text(search.q) }),
  component: lazyRouteComponent(() => import("./routes/schemas"), "Schemas"),
});
const subject = createRoute({
  getParentRoute: () => root,
  path: "/schemas/$subject",
  validateSearch: (search): { version?: number } => ({ version: Number(search.version) || undefined }),
  component: lazyRouteComponent(() => import("./routes/subject"), "Subject"),
});
const checkSchema = createRoute({
  getParentRoute: () => root,
  path: "/schemas/$subject/check",
  component: lazyRouteComponent(() => import("./routes/check-schema"), "CheckSchema"),
});
const transforms = createRoute({
  getParentRoute: () => root,
  path: "/transforms",
  validateSearch: (search): { q?: string } => ({ q: text(search.q) }),
  component: lazyRouteComponent(() => import("./routes/transforms"), "Transforms"),
});
const transform = createRoute({
  getParentRoute: () => root,
  path: "/transforms/$id",
  component: lazyRouteComponent(() => import("./routes/transform"), "Transform"),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: (search): { pipeline?: string } => ({ pipeline: text(search.pipeline) }),
  component: lazyRouteComponent(() => import("./routes/audit"), "Audit"),
});

const tree = root.addChildren([
  dashboard,
  create,
  pipelines,
  edit,
  detail.addChildren([overview, trial, deadLetters, scaling, history, config]),
  topics,
  topic,
  schemas,
  subject,
  checkSchema,
  transforms,
  transform,
  audit,
]);

export const newRouter = () => createRouter({ routeTree: tree, defaultPreload: "intent", scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
