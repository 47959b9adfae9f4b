import { createContext, use, useId, type ComponentProps, type ReactNode } from "react";
import type { Issue } from "../api/problem";

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  issues?: Issue[];
  children: ReactNode;
}

interface FieldIds {
  id: string;
  describedBy: string;
  invalid: boolean;
}

const Context = createContext<FieldIds | undefined>(undefined);

/** What ties an input to the label, hint and problems around it. Empty outside of a Field. */
export function useField() {
  const field = use(Context);
  return field && { id: field.id, "aria-describedby": field.describedBy || undefined, "aria-invalid": field.invalid || undefined };
}

/** A label, one input, a hint and whatever is wrong with it. */
export function Field({ label, hint, issues = [], children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, issues.length > 0 && `${id}-issues`].filter(Boolean).join(" ");
  const invalid = issues.some((issue) => !issue.warning);
  return (
    <div className={invalid ? "field field-invalid" : "field"}>
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <Context value={{ id, describedBy: described, invalid }}>{children}</Context>
      {hint && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <Issues id={`${id}-issues`} issues={issues} />
    </div>
  );
}

/** Problems as a list, each with its place in the source where it has one. */
export function Issues({ issues, id }: { issues: Issue[]; id?: string }) {
  if (issues.length === 0) return null;
  return (
    <ul className="issues" id={id}>
      {issues.map((issue, i) => (
        <li key={i} className={issue.warning ? "issue issue-warn" : "issue"}>
          {issue.file && (
            <code>
              {issue.file}:{issue.line}:{issue.column}{" "}
            </code>
          )}
          {issue.message}
        </li>
      ))}
    </ul>
  );
}

export function Input(props: ComponentProps<"input">) {
  return <input className="input" autoComplete="off" spellCheck={false} {...useField()} {...props} />;
}

export function TextArea(props: ComponentProps<"textarea">) {
  return <textarea className="input" rows={3} {...useField()} {...props} />;
}

interface SelectProps extends ComponentProps<"select"> {
  options: { value: string; label: string }[];
}

export function Select({ options, ...props }: SelectProps) {
  return (
    <select className="input select" {...useField()} {...props}>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
