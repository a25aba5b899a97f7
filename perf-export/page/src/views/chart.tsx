// Curves over the last five minutes, drawn by uPlot.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { duration, rate } from "../format";
import { LEFT } from "../heatpaint";
import { REACH } from "../slices";
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
  unit: "time" | "rate";
  label: string;
  scheme: string;
}

const HEIGHT = 110;

export function Chart({ x, ys, lines, unit, label, scheme }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  useEffect(() => {
    const within = place.current;
    if (!within) return;
    const made = new uPlot(options(lines, unit, within.clientWidth), [x, ...ys] as uPlot.AlignedData, within);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: within.clientWidth, height: HEIGHT }));
    observer.observe(within);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [scheme, unit]);
  useEffect(() => plot.current?.setData([x, ...ys] as uPlot.AlignedData));
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}

function options(lines: Line[], unit: Props["unit"], width: number): uPlot.Options {
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
    padding: [6, 1, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    legend: { live: true },
    scales: {
      x: { time: false, range: [-REACH, 0] },
      y: unit === "time" ? { distr: 3, range: decades } : { range: (_, __, high) => [0, Math.max(high * 1.1, 1e-9)] },
    },
    axes: [
      { stroke: ink, font, grid: { show: false }, ticks: { show: false }, size: 18, gap: 2, values: (_, at) => at.map(ago), splits: () => minutes() },
      {
        stroke: ink,
        font,
        size: LEFT,
        gap: 4,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        values: (_, at) => at.map((value) => (value === null ? "" : format(value).replace(".00", ""))),
        ...(unit === "time" ? { filter: (_: uPlot, at: number[]) => at.map(powerOfTen) } : { space: 28 }),
      },
    ],
    series: [{ label: "", value: (_, value) => (value === null ? "" : `${Math.round(-value)} s ago`) }, ...series],
  };
}

function decades(_: uPlot, low: number, high: number): [number, number] {
  if (low == null || high == null) return [1, 1000];
  return [10 ** Math.floor(Math.log10(Math.max(low, 1e-3))), 10 ** Math.ceil(Math.log10(Math.max(high, 2e-3) * 1.01))];
}

/** What is labelled of a logarithmic axis. */
function powerOfTen(value: number): number | null {
  const exponent = Math.log10(value);
  return Math.abs(exponent - Math.round(exponent)) < 1e-6 ? value : null;
}

function minutes(): number[] {
  return Array.from({ length: REACH / 60 + 1 }, (_, at) => -at * 60).reverse();
}

function ago(seconds: number): string {
  return seconds === 0 ? "now" : `−${-seconds / 60} min`;
}
