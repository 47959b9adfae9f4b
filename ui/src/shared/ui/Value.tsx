import { useState } from "react";
import { bytes } from "../format/format";
import { writeJson, type Json } from "../json/exact";

const shown = 4000;

/** A text of the user's data, verbatim. Long ones are cut until the reader asks for the rest. */
export function Value({ text, label }: { text: string; label?: string }) {
  const [all, setAll] = useState(false);
  const long = text.length > shown;
  return (
    <div className="value">
      <pre tabIndex={0} role="region" aria-label={label ?? "Value"}>{all || !long ? text : `${text.slice(0, shown)}…`}</pre>
      {long && (
        <button type="button" className="link" onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${bytes(text.length)}`}
        </button>
      )}
    </div>
  );
}

export function JsonValue({ value, label }: { value: Json; label?: string }) {
  return <Value text={writeJson(value, 2)} label={label} />;
}
