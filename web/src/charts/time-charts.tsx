import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { count, duration } from "../text/numbers.ts";
import { localTime } from "../text/times.ts";
import { niceTop } from "./scale.ts";
import type { Step } from "./steps.ts";

const width = 600;
const height = 140;

/**
 * Two charts over the same steps of time: outcomes as bars, latency as a band from the median to the 95th percentile. What
 * is pointed at, or reached with the arrow keys, is said in the line below, which is always there.
 */
export function TimeCharts({
  steps,
  stepMs,
}: {
  readonly steps: readonly Step[];
  readonly stepMs: number;
}): JSX.Element {
  const [at, setAt] = useState<number | null>(null);
  const shown = at === null ? null : steps[at];
  const props = { steps, at, onPoint: setAt };
  return (
    <div class="charts">
      <Frame
        title="Calls"
        top={niceTop(Math.max(...steps.map(({ ok, failed }) => ok + failed), 0))}
        unit={count}
        {...props}
        draw={bars}
      />
      <Frame
        title="Latency"
        top={niceTop(Math.max(...steps.map(({ p95Ms }) => p95Ms ?? 0), 0))}
        unit={duration}
        {...props}
        draw={band}
      />
      <p class="readout" aria-live="polite">
        {shown === null || shown === undefined ? (
          <span class="quiet">
            Each step is {duration(stepMs)}. Point at one, or use the arrow keys, for its figures.
          </span>
        ) : (
          <>
            <strong>{localTime(new Date(shown.at))}</strong> {count(shown.ok)} ok, {count(shown.failed)} failed
            {shown.p50Ms !== null && `, half within ${duration(shown.p50Ms)}`}
            {shown.p95Ms !== null && `, 95 % within ${duration(shown.p95Ms)}`}
          </>
        )}
      </p>
    </div>
  );
}

type Draw = (steps: readonly Step[], top: number) => JSX.Element;

function Frame({
  title,
  top,
  unit,
  steps,
  at,
  onPoint,
  draw,
}: {
  readonly title: string;
  readonly top: number;
  readonly unit: (value: number) => string;
  readonly steps: readonly Step[];
  readonly at: number | null;
  readonly onPoint: (at: number | null) => void;
  readonly draw: Draw;
}): JSX.Element {
  const stepWidth = width / Math.max(1, steps.length);
  const keys: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div class="plot">
        <div class="axis" aria-hidden="true">
          <span>{unit(top)}</span>
          <span>{unit(top / 2)}</span>
          <span>0</span>
        </div>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          tabIndex={0}
          role="img"
          aria-label={`${title} over time; arrow keys go from step to step`}
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            const share = (event.clientX - box.left) / box.width;
            onPoint(Math.max(0, Math.min(steps.length - 1, Math.floor(share * steps.length))));
          }}
          onPointerLeave={() => onPoint(null)}
          onBlur={() => onPoint(null)}
          onKeyDown={(event) => {
            const move = keys[event.key];
            if (move === undefined) return;
            event.preventDefault();
            onPoint(Math.max(0, Math.min(steps.length - 1, (at ?? steps.length) + move)));
          }}
        >
          {[0, 0.5].map((share) => (
            <line key={share} class="grid" x1="0" x2={width} y1={height * share + 0.5} y2={height * share + 0.5} />
          ))}
          {at !== null && <rect class="pointed" x={at * stepWidth} y="0" width={stepWidth} height={height} />}
          {draw(steps, top)}
          <line class="base" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
        </svg>
      </div>
      <div class="ticks" aria-hidden="true">
        {[0, Math.floor(steps.length / 2), steps.length - 1].map((tick) => {
          const step = steps[tick];
          return <span key={tick}>{step === undefined ? "" : localTime(new Date(step.at)).replace(/:\d\d$/, "")}</span>;
        })}
      </div>
    </figure>
  );
}

const bars: Draw = (steps, top) => {
  const stepWidth = width / Math.max(1, steps.length);
  const y = (value: number): number => (height * value) / top;
  return (
    <g>
      {steps.map(({ at, ok, failed }, index) => (
        <g key={at}>
          <rect
            class="fill-ok"
            x={index * stepWidth + 0.75}
            y={height - y(ok)}
            width={stepWidth - 1.5}
            height={y(ok)}
          />
          <rect
            class="fill-bad"
            x={index * stepWidth + 0.75}
            y={height - y(ok + failed)}
            width={stepWidth - 1.5}
            height={y(failed)}
          />
        </g>
      ))}
    </g>
  );
};

const band: Draw = (steps, top) => {
  const stepWidth = width / Math.max(1, steps.length);
  const point = (index: number, value: number): string =>
    `${((index + 0.5) * stepWidth).toFixed(1)},${(height - (height * value) / top).toFixed(1)}`;
  return (
    <g>
      {runs(steps).map((run) => {
        const upper = run.map(({ index, p95 }) => point(index, p95));
        const lower = run.map(({ index, p50 }) => point(index, p50));
        const key = run[0]?.index ?? 0;
        if (run.length === 1) {
          const x = (key + 0.5) * stepWidth;
          const ends = [upper[0], lower[0]].map((text) => Number(text?.split(",")[1]));
          return (
            <g key={key}>
              <line class="band-one" x1={x} x2={x} y1={ends[0]} y2={Math.max((ends[0] ?? 0) + 2, ends[1] ?? 0)} />
            </g>
          );
        }
        return (
          <g key={key}>
            <polygon class="band" points={[...upper, ...lower.toReversed()].join(" ")} />
            <polyline class="band-top" points={upper.join(" ")} />
            <polyline class="band-half" points={lower.join(" ")} />
          </g>
        );
      })}
    </g>
  );
};

/** Stretches with figures: where nothing was called, nothing is drawn. */
function runs(steps: readonly Step[]): { index: number; p50: number; p95: number }[][] {
  const found: { index: number; p50: number; p95: number }[][] = [];
  let open: { index: number; p50: number; p95: number }[] | null = null;
  for (const [index, { p50Ms, p95Ms }] of steps.entries()) {
    if (p50Ms === null || p95Ms === null) open = null;
    else {
      if (open === null) found.push((open = []));
      open.push({ index, p50: p50Ms, p95: p95Ms });
    }
  }
  return found;
}
