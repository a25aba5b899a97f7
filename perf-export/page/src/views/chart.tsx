// Curves over the last five minutes, drawn by uPlot.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { duration, rate } from "../format";
import { LEFT, RIGHT, ago, tick, times } from "../heatpaint";
import { color } from "../theme";

export interface Line {
  title: string;
  color: string;
  isFilled?: boolean;
}

interface Props {
  /** Seconds, up to 0. */
  x: number[];
  ys: (number | null)[][];
  lines: Line[];
  reach: number;
  unit: "time" | "rate";
  label: string;
  scheme: string;
}

const HEIGHT = 110;

export function Chart({ x, ys, lines, reach, unit, label, scheme }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  useEffect(() => {
    const within = place.current;
    if (!within) return;
    const made = new uPlot(options(lines, unit, reach, within.clientWidth), [x, ...ys] as uPlot.AlignedData, within);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: within.clientWidth, height: HEIGHT }));
    observer.observe(within);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [scheme, unit, reach]);
  useEffect(() => plot.current?.setData([x, ...ys] as uPlot.AlignedData));
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}

function options(lines: Line[], unit: Props["unit"], reach: number, width: number): uPlot.Options {
  const [ink, grid] = [color("muted"), color("line")];
  const format = unit === "time" ? duration : rate;
  const font = "11px system-ui, sans-serif";
  const series = lines.map((line) => ({
    label: line.title,
    stroke: color(line.color),
    width: 1.5,
    points: { show: false },
    value: (_: uPlot, value: number | null) => format(value),
    ...(line.isFilled ? { fill: `${color(line.color)}22` } : {}),
  }));
  return {
    width,
    height: HEIGHT,
    padding: [8, RIGHT, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    legend: { live: true },
    scales: {
      x: { time: false, range: [-reach, 0] },
      y: unit === "time" ? { distr: 3, range: decades } : { range: (_, __, high) => [0, Math.max(high * 1.1, 1e-9)] },
    },
    axes: [
      { stroke: ink, font, grid: { show: false }, ticks: { show: false }, size: 18, gap: 2, values: (_, at) => at.map(ago), splits: () => times(reach) },
      {
        stroke: ink,
        font,
        size: LEFT,
        gap: 4,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        ...(unit === "time"
          ? { values: (_: uPlot, at: number[]) => at.map(tick), filter: (_: uPlot, at: number[]) => at, splits: (_: uPlot, __: number, low: number, high: number) => powers(low, high) }
          : { values: (_: uPlot, at: number[]) => at.map(rate), space: 28 }),
      },
    ],
    series: [{ label: "", value: (_, value) => (value === null ? "" : `${Math.round(-value)} s ago`) }, ...series],
  };
}

function decades(_: uPlot, low: number, high: number): [number, number] {
  if (low == null || high == null) return [1, 1000];
  return [10 ** Math.floor(Math.log10(Math.max(low, 1e-3))), 10 ** Math.ceil(Math.log10(Math.max(high, 2e-3) * 1.01))];
}

/** What is labelled of a logarithmic axis: as many as there is room for. */
function powers(low: number, high: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-6), Math.floor(Math.log10(high) + 1e-6)];
  const step = last - first > 4 ? 2 : 1;
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, at) => 10 ** (first + at * step));
}
