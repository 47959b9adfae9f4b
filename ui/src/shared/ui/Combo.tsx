import { Button, ComboBox, ComboBoxStateContext, Input, Label, ListBox, ListBoxItem, Popover, Text } from "react-aria-components";
import { use, useId, useState, type ReactNode } from "react";
import type { Issue } from "../api/problem";
import { Issues } from "./Field";
import { Icon } from "./Icon";

export interface Option {
  value: string;
  detail?: string;
}

interface Props {
  label: ReactNode;
  value: string;
  onChange: (value: string) => void;
  options: Option[];
  issues?: Issue[];
  hint?: ReactNode;
  placeholder?: string;
  /** Said in the list when nothing matches; a value that is not in the list may still be typed. */
  none?: string;
}

/** A text field with the known values below it. What is typed counts, known or not: the server has the last word. */
export function Combo({ label, value, onChange, options, issues = [], hint, placeholder, none = "Nothing matches" }: Props) {
  const id = useId();
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const invalid = issues.some((issue) => !issue.warning);
  const needle = value.toLowerCase();
  const known = options.some((option) => option.value === value);
  const matching = known ? options : options.filter((option) => option.value.toLowerCase().includes(needle));
  return (
    <ComboBox
      className={invalid ? "field field-invalid" : "field"}
      inputValue={value}
      onInputChange={onChange}
      onChange={(key) => key !== null && onChange(String(key))}
      items={matching}
      allowsCustomValue
      allowsEmptyCollection
      isInvalid={invalid}
      aria-describedby={issues.length > 0 ? `${id}-issues` : undefined}
    >
      <Label className="field-label">{label}</Label>
      <div className="combo" ref={setBox}>
        <OpeningInput placeholder={placeholder} />
        <Button className="combo-open" aria-label="Show the list">
          <Icon name="chevron" />
        </Button>
      </div>
      {hint && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <Issues id={`${id}-issues`} issues={issues} />
      <List within={box}>
        <ListBox<Option> className="menu" renderEmptyState={() => <div className="menu-none">{none}</div>}>
          {(option) => (
            <ListBoxItem id={option.value} textValue={option.value} className="menu-item combo-item">
              <span className="mono">{option.value}</span>
              {option.detail && <small>{option.detail}</small>}
            </ListBoxItem>
          )}
        </ListBox>
      </List>
    </ComboBox>
  );
}

/**
 * What opens below the text field. By itself it would close whenever the page scrolls, which the browser makes it do when
 * something above comes or goes, such as what the check finds. The field closes it; it moves with the field that it is in, whose
 * edge, and not the window's, it would keep its padding from.
 */
function List({ within, children }: { within: HTMLDivElement | null; children: ReactNode }) {
  const state = use(ComboBoxStateContext);
  return (
    <Popover className="popover combo-popover" isOpen={state?.isOpen ?? false} UNSTABLE_portalContainer={within ?? undefined} containerPadding={0}>
      {children}
    </Popover>
  );
}

/** The text field; a press on it shows the list, as one on the arrow beside it does. */
function OpeningInput({ placeholder }: { placeholder?: string }) {
  const state = use(ComboBoxStateContext);
  return (
    <Input className="input" placeholder={placeholder} spellCheck={false} autoComplete="off" onClick={() => state?.isOpen || state?.open(null, "manual")} />
  );
}
