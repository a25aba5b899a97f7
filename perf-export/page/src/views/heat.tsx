// How many calls took how long, and when.

import { useEffect, useRef, useState } from "preact/hooks";
import { duration, rate } from "../format";
import type { Slice } from "../protocol";
import { type Picture, cellAt, paintHeat } from "../heatpaint";

interface Props {
  slices: Slice[];
  /** When the last one ended. */
  end: number;
  /** How far back it goes, in seconds. */
  reach: number;
  label: string;
  scheme: string;
}

export function Heat({ slices, end, reach, label, scheme }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = useRef<Picture | undefined>(undefined);
  const [pointed, point] = useState<string>("");
  const paint = () => {
    if (canvas.current) picture.current = paintHeat(canvas.current, slices, end, reach);
  };
  useEffect(paint, [end, slices.length, scheme, label]);
  useEffect(() => {
    const observer = new ResizeObserver(paint);
    if (canvas.current) observer.observe(canvas.current);
    return () => observer.disconnect();
  });
  const onMove = (event: MouseEvent) => {
    const cell = picture.current && cellAt(picture.current, event.offsetX, event.offsetY);
    point(
      cell
        ? `${Math.round(cell.ago)} s ago: ${rate(cell.perSecond)} calls/s took ${duration(cell.from)} to ${duration(cell.to)}`
        : "",
    );
  };
  return (
    <figure class="heat">
      <canvas ref={canvas} role="img" aria-label={label} onMouseMove={onMove} onMouseLeave={() => point("")} />
      <figcaption>{pointed || "The stronger the colour, the more calls took so long."}</figcaption>
    </figure>
  );
}
