// Paints a latency heat map: time to the right, durations upwards, by powers of ten.

import { duration } from "./format";
import type { Slice } from "./protocol";
import { color } from "./theme";
import { prepare } from "./views/spark";

export interface Cell {
  ago: number;
  from: number;
  to: number;
  perSecond: number;
}

export interface Picture {
  cells: (Cell & { x: number; y: number; width: number; height: number })[];
}

/** The room for the axes; as that of the charts below. */
export const LEFT = 56;
export const RIGHT = 14;
const BOTTOM = 18;
const TOP = 4;

export function paintHeat(canvas: HTMLCanvasElement, slices: Slice[], end: number, reach: number): Picture {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const context = prepare(canvas, width, height);
  const [low, high] = range(slices);
  const x = (at: number) => LEFT + (1 - (end - at) / reach) * (width - LEFT - RIGHT);
  const y = (micros: number) => height - BOTTOM - (Math.log(micros / low) / Math.log(high / low)) * (height - BOTTOM - TOP);
  const cells = slices.flatMap(([begun, span, , , , , , buckets]) =>
    buckets.map(([from, to, calls]) => {
      const [left, right, top, bottom] = [Math.max(LEFT, x(begun)), x(begun + span), y(Math.max(to, low)), y(Math.max(from, low))];
      const place = { x: left, width: right - left, y: top, height: Math.max(1, bottom - top) };
      return { ...place, ago: end - begun - span / 2, from, to, perSecond: calls / span };
    }),
  );
  if (context) paint(context, cells, { width, height, low, high, reach, y });
  return { cells };
}

export function cellAt({ cells }: Picture, x: number, y: number): Cell | undefined {
  return cells.find((cell) => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height);
}

/** At least two powers of ten, so that what hardly varies looks as if it did. */
function range(slices: Slice[]): [number, number] {
  const buckets = slices.flatMap((slice) => slice[7]);
  if (buckets.length === 0) return [1, 1000];
  const low = Math.max(1e-3, Math.min(...buckets.map(([from]) => Math.max(from, 1e-3))));
  const high = Math.max(...buckets.map(([, to]) => to));
  const missing = Math.max(0, 100 / (high / low)) ** 0.5;
  const more = Math.max(1.2, missing);
  return [low / more, high * more];
}

/** Where an axis of time is labelled: seconds, up to 0. Not where it begins, since another axis ends there. */
export function times(reach: number): number[] {
  const step = reach > 120 ? 60 : reach / 4;
  return Array.from({ length: Math.round(reach / step) }, (_, at) => -at * step).reverse();
}

export function ago(seconds: number): string {
  if (seconds === 0) return "now";
  return seconds % 60 === 0 ? `−${-seconds / 60} min` : `−${-seconds} s`;
}

/** A power of ten. */
export function tick(micros: number): string {
  return duration(micros).replace(/\.0+/, "");
}

type Context = CanvasRenderingContext2D;

interface Frame {
  width: number;
  height: number;
  low: number;
  high: number;
  reach: number;
  y: (micros: number) => number;
}

function paint(context: Context, cells: Picture["cells"], frame: Frame): void {
  axes(context, frame);
  const most = Math.max(...cells.map(({ perSecond }) => perSecond), 1e-9);
  context.fillStyle = color("heat");
  for (const cell of cells) {
    // Few calls matter as much as many, so they are seen: logarithms.
    context.globalAlpha = 0.12 + 0.88 * (Math.log1p((cell.perSecond / most) * 100) / Math.log1p(100));
    const gap = cell.width > 4 ? 0.5 : 0;
    context.fillRect(cell.x, cell.y, Math.max(1, cell.width - gap), cell.height);
  }
  context.globalAlpha = 1;
}

function axes(context: Context, { width, height, low, high, reach, y }: Frame): void {
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = color("muted");
  context.strokeStyle = color("line");
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let micros = 10 ** Math.ceil(Math.log10(low)); micros <= high; micros *= 10) {
    const at = Math.round(y(micros)) + 0.5;
    line(context, LEFT, at, width - RIGHT, at);
    context.fillText(tick(micros), LEFT - 6, at);
  }
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const at of times(reach)) {
    context.fillText(ago(at), LEFT + (1 + at / reach) * (width - LEFT - RIGHT), height - 4);
  }
}

function line(context: Context, ...[x0, y0, x1, y1]: [number, number, number, number]): void {
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
