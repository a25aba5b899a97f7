// What Grafana says of dashboards, put together to one type each: it leaves open what the options of a panel are, and its
// queries, because that depends on the panel. Only what is used is there.

import type * as Now from "@grafana/schema";
import type * as HeatMapNow from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type * as SeriesNow from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
import type * as Then from "grafana-10";
import type * as HeatMapThen from "grafana-10/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type { PrometheusDataQuery } from "grafana-10/dist/esm/raw/composable/prometheus/dataquery/x/PrometheusDataQuery_types.gen";
import type * as SeriesThen from "grafana-10/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** As in JSON: where there is an enumeration, the texts of its variants; nothing that is not named. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [Key in keyof T as string extends Key ? never : Key]: Plain<T[Key]> }
      : T;

type Source = { type: "prometheus"; uid: "${datasource}" };

/** Grafana has published it up to version 10.4. */
type Query = Plain<Omit<PrometheusDataQuery, "datasource">> & { datasource: Source };

/** One kind of panel, of which there are options and what may be said of each series. */
type Kind<Type extends string, Panel, Field, Options, Custom> = Plain<
  Omit<Panel, "type" | "options" | "fieldConfig" | "targets" | "datasource">
> & {
  type: Type;
  datasource: Source;
  targets: Query[];
  options?: Plain<Options>;
  fieldConfig?: { defaults: Plain<Omit<Field, "custom">> & { custom?: Plain<Custom> }; overrides: [] };
};

type Variable<Model> = Plain<Omit<Model, "query" | "datasource">> &
  ({ type: "datasource"; query: string } | { type: "query"; query: { query: string; refId: string }; datasource: Source });

type Board<Dashboard, Model, Panels> = Plain<Omit<Dashboard, "panels" | "templating">> & {
  templating: { list: Variable<Model>[] };
  panels: Panels[];
};

/** A row that is open: what is in it comes after it. */
type Row<RowPanel> = Plain<Omit<RowPanel, "panels">> & { panels: [] };

export type Newest = Board<
  Now.Dashboard,
  Now.VariableModel,
  | Row<Now.RowPanel>
  | Kind<"timeseries", Now.Panel, Now.FieldConfig, SeriesNow.Options, SeriesNow.FieldConfig>
  | Kind<"heatmap", Now.Panel, Now.FieldConfig, HeatMapNow.Options, HeatMapNow.FieldConfig>
>;

export type Oldest = Board<
  Then.Dashboard,
  Then.VariableModel,
  | Row<Then.RowPanel>
  | Kind<"timeseries", Then.Panel, Then.FieldConfig, SeriesThen.Options, SeriesThen.FieldConfig>
  | Kind<"heatmap", Then.Panel, Then.FieldConfig, HeatMapThen.Options, HeatMapThen.FieldConfig>
>;
