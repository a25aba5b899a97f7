// Lines as large as a word.

import { useEffect, useRef } from "preact/hooks";
import { type History, LENGTH } from "../history";
import { color } from "../theme";

interface Props {
  lines: { history: History; color: string }[];
  label: string;
  /** Durations differ by orders of magnitude. */
  isLog?: boolean;
  /** So that it is painted again when colours change. */
  scheme: string;
}

const [WIDTH, HEIGHT] = [72, 20];

/** How those are painted that are in sight: of a thousand functions, few are. */
const painters = new WeakMap<Element, () => void>();
const inSight = new WeakSet<Element>();

const sight = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    if (!isIntersecting) {
      inSight.delete(target);
    } else {
      inSight.add(target);
      painters.get(target)?.();
    }
  }
});

export function Spark({ lines, label, isLog = false, scheme }: Props) {
  const place = useRef<HTMLCanvasElement>(null);
  const version = lines[0]?.history.version;
  useEffect(() => {
    const canvas = place.current;
    if (canvas) sight.observe(canvas);
    return () => canvas && sight.unobserve(canvas);
  }, []);
  useEffect(() => {
    const canvas = place.current;
    if (!canvas) return;
    const draw = () => paint(canvas, lines, isLog);
    painters.set(canvas, draw);
    if (inSight.has(canvas)) draw();
  }, [version, scheme, lines[0]?.history]);
  return <canvas ref={place} class="spark" role="img" aria-label={label} />;
}

/** A context whose unit is a CSS pixel. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

function paint(canvas: HTMLCanvasElement, lines: Props["lines"], isLog: boolean): void {
  const context = prepare(canvas, WIDTH, HEIGHT);
  if (!context) return;
  const scale = (value: number) => (isLog ? Math.log(Math.max(value, 1e-3)) : value);
  const all = lines.flatMap(({ history }) => values(history)).filter((value) => !Number.isNaN(value));
  if (all.length === 0) return;
  let [low, high] = [Math.min(...all.map(scale)), Math.max(...all.map(scale))];
  // What hardly changes is a flat line, and not noise as high as the picture.
  if (isLog) [low, high] = widen(low, high, Math.LN2);
  else [low, high] = [0, high || 1];
  for (const { history, color: name } of lines) {
    context.strokeStyle = color(name);
    context.lineWidth = 1.25;
    context.lineJoin = "round";
    stroke(context, values(history), (value) => HEIGHT - 2 - ((scale(value) - low) / (high - low)) * (HEIGHT - 4));
  }
}

function widen(low: number, high: number, least: number): [number, number] {
  const more = Math.max(0, least - (high - low)) / 2;
  return [low - more, high + more];
}

/** The newest last. */
function values(history: History): number[] {
  return Array.from({ length: history.length }, (_, at) => history.at(history.length - 1 - at));
}

function stroke(context: CanvasRenderingContext2D, line: number[], y: (value: number) => number): void {
  const step = (WIDTH - 2) / (LENGTH - 1);
  let isDown = false;
  context.beginPath();
  line.forEach((value, at) => {
    const x = WIDTH - 1 - (line.length - 1 - at) * step;
    if (Number.isNaN(value)) isDown = false;
    else if (isDown) context.lineTo(x, y(value));
    else {
      context.moveTo(x, y(value));
      // One alone would not be seen.
      context.lineTo(x - 0.5, y(value));
      isDown = true;
    }
  });
  context.stroke();
}
