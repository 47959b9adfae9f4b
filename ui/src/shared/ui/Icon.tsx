const paths = {
  play: "M5 3.5v9l7.5-4.5z",
  pause: "M4.5 3.5h2.5v9H4.5zM9 3.5h2.5v9H9z",
  stop: "M4 4h8v8H4z",
  more: "M8 4.2a1.1 1.1 0 1 0 0-2.2 1.1 1.1 0 0 0 0 2.2m0 4.9a1.1 1.1 0 1 0 0-2.2 1.1 1.1 0 0 0 0 2.2m0 4.9a1.1 1.1 0 1 0 0-2.2 1.1 1.1 0 0 0 0 2.2",
} as const;

const strokes = {
  restart: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5V5h-2.5",
  drain: "M3 3h10M8 5.5v7M5 10l3 3 3-3",
  plus: "M8 3v10M3 8h10",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5l3.2 3L13 4.5",
  copy: "M6 6h7v7H6zM3 10V3h7",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.3 10.3 14 14",
  warn: "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.1",
  chevron: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  arrow: "M2.5 8h11M9.5 4l4 4-4 4",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  filter: "M2.5 3.5h11L9.5 8.5v4l-3 1v-5z",
  code: "M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  edit: "M3 13l.6-2.8L10.5 3.3l2.2 2.2-6.9 6.9z",
  flask: "M6 2.5h4M6.8 2.5v4L3.2 13h9.6L9.2 6.5v-4M5 10h6",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5",
  auto: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M8 2.5v11",
} as const;

export type IconName = keyof typeof paths | keyof typeof strokes;

/** A 16-pixel picture beside a text that says the same: it is hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  const filled = name in paths;
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      {filled ? (
        <path d={paths[name as keyof typeof paths]} fill="currentColor" />
      ) : (
        <path
          d={strokes[name as keyof typeof strokes]}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      )}
    </svg>
  );
}
