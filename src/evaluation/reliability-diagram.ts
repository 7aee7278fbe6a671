import type { Calibration } from "./metrics/calibration.ts";

const SIZE = 260;
const MARGIN = 36;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const MAX_RADIUS = 11;

/**
 * An SVG of claimed confidence (across) against measured accuracy (up): a dot a bin, its area by the number of answers; on
 * the diagonal, confidences mean what they say.
 */
export function reliabilityDiagram({ bins, count }: Calibration, label: string): string {
  const x = (share: number) => (MARGIN + share * SIZE).toFixed(1);
  const y = (share: number) => (10 + (1 - share) * SIZE).toFixed(1);
  const grid = TICKS.map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${y(0)}" y2="${y(1)}"/>` +
      `<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text x="${x(tick)}" y="${SIZE + 26}" text-anchor="middle">${tick}</text>` +
      `<text x="${MARGIN - 6}" y="${Number(y(tick)) + 4}" text-anchor="end">${tick}</text>`,
  );
  const line = bins.map((bin) => `${x(bin.meanConfidence)},${y(bin.accuracy)}`).join(" ");
  const dots = bins.map((bin) => {
    const radius = Math.max(3, MAX_RADIUS * Math.sqrt(bin.count / count));
    const text = `claimed ${bin.meanConfidence.toFixed(2)}, right ${bin.accuracy.toFixed(2)}, ${bin.count} answers`;
    return `<circle cx="${x(bin.meanConfidence)}" cy="${y(bin.accuracy)}" r="${radius.toFixed(1)}"><title>${text}</title></circle>`;
  });
  return [
    `<svg viewBox="0 0 ${SIZE + MARGIN + 14} ${SIZE + 48}" role="img" aria-label="${label}">`,
    ...grid,
    `<line class="diagonal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>`,
    `<polyline points="${line}"/>`,
    ...dots,
    `<text x="${x(0.5)}" y="${SIZE + 44}" text-anchor="middle">claimed confidence</text>`,
    `<text transform="translate(9 ${y(0.5)}) rotate(-90)" text-anchor="middle">measured accuracy</text>`,
    "</svg>",
  ].join("");
}
